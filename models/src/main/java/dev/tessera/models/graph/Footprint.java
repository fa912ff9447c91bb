package dev.tessera.models.graph;

import dev.tessera.models.graph.memory.Step;
import dev.tessera.models.graph.memory.Value;
import dev.tessera.models.graph.memory.WorkingSet;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What the analysis of memory is told of a finished trace. */
final class Footprint {

  private final Map<Tensor, Value> values = new HashMap<>();

  private Footprint() {}

  /**
   * The memory of one call.
   *
   * @param applications the results of each operation, in order
   * @param results what the call returns
   */
  static WorkingSet of(List<List<Tensor>> applications, List<Tensor> results) {
    Footprint footprint = new Footprint();
    List<Step> steps = new ArrayList<>();
    applications.forEach(made -> steps.add(footprint.step(made)));
    return WorkingSet.of(steps, footprint.values(results));
  }

  private Step step(List<Tensor> made) {
    List<Value> results = values(made);
    Tensor first = made.get(0);
    if (first.operation() instanceof Grad grad) {
      List<Value> operands = values(first.operands());
      int directions = grad.of() + grad.to();
      return new Step.Differentiated(
          results,
          operands.subList(0, grad.of()),
          operands.subList(grad.of(), directions),
          operands.subList(directions, operands.size()),
          grad.retain());
    }
    return new Step.Computed(results);
  }

  private List<Value> values(List<Tensor> tensors) {
    return tensors.stream().map(this::value).toList();
  }

  private Value value(Tensor tensor) {
    Value known = values.get(tensor);
    if (known == null) {
      // Operands have been seen before: arguments alone come without an operation.
      known = new Value(tensor.age(), facts(tensor), values(tensor.operands()));
      values.put(tensor, known);
    }
    return known;
  }

  private static Value.Facts facts(Tensor tensor) {
    if (tensor.isInput()) {
      return Value.Facts.argument(tensor.type().bytes());
    }
    Operation operation = tensor.operation();
    List<TensorType> inputs = tensor.operands().stream().map(Tensor::type).toList();
    List<TensorType> outputs = List.of(tensor.type());
    return new Value.Facts(
        tensor.type().bytes(),
        tensor.isView(),
        tensor.isLeaf(),
        tensor.requiresGrad(),
        operation.kept(),
        inputs.stream().map(input -> operation.passesDerivative(input, tensor.type())).toList(),
        operation.joinsDerivatives(),
        operation.scratch(inputs, outputs),
        operation.exactScratch(inputs, outputs, false),
        operation.exactScratch(inputs, outputs, true));
  }
}
