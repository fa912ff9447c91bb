package dev.tessera.models.graph;

import dev.tessera.models.runtime.Executable;
import dev.tessera.models.runtime.NativeTensor;
import dev.tessera.models.runtime.Results;
import dev.tessera.models.runtime.TorchRuntime;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * A scalar function of one operation, {@code L = sum(r y + y^2 / 2)} over its floating results y,
 * with its gradient g and, where the operation claims it, the gradient h of {@code sum(v g)}.
 */
final class OperationProgram implements AutoCloseable {

  /** Values of one call; g and h in the order of the differentiable operands. */
  record Call(double loss, double slope, List<double[]> g, List<double[]> h, List<double[]> y) {}

  private final OperationCase operation;
  private final boolean twice;
  private final List<Tensor> results = new ArrayList<>();
  private final List<double[]> values = new ArrayList<>();
  private final List<NativeTensor> arguments = new ArrayList<>();
  private final Executable executable;
  private int leaves;

  OperationProgram(OperationCase operation, TorchRuntime runtime) {
    this.operation = operation;
    this.twice = operation.operation().derivative() == Derivative.SECOND;
    Program program = trace();
    this.executable = runtime.load(program);
    SplittableRandom random = new SplittableRandom(operation.toString().hashCode());
    for (int i = 0; i < program.inputs().size(); i++) {
      TensorType type = program.inputs().get(i).type();
      int n = (int) type.shape().size();
      double[] drawn =
          i < operation.operands().size()
              ? operation.operands().get(i).values().draw(n, random)
              : random.doubles(n, 0.5, 1.5).toArray();
      values.add(drawn);
      NativeTensor argument = runtime.zeros(type.dtype(), type.shape());
      arguments.add(argument);
      set(i);
    }
  }

  private Program trace() {
    Trace trace = new Trace(operation.key(), Precision.FP64);
    List<Tensor> inputs = new ArrayList<>();
    for (Operand operand : operation.operands()) {
      TensorType type = operand.argument();
      inputs.add(trace.input("a" + inputs.size(), type.dtype(), type.shape()));
    }
    // The shapes of the results are needed before the first operation: a trial trace tells them.
    List<TensorType> types = resultTypes(operation);
    List<Tensor> weights = new ArrayList<>();
    for (TensorType type : types) {
      weights.add(trace.input("r" + weights.size(), DType.FLOAT64, type.shape()));
    }
    List<Tensor> directions = new ArrayList<>();
    for (Operand operand : operation.operands()) {
      if (operand.differentiable()) {
        TensorType type = operand.argument();
        directions.add(trace.input("v" + directions.size(), DType.FLOAT64, type.shape()));
      }
    }
    List<Tensor> leafs = new ArrayList<>();
    List<Tensor> views = new ArrayList<>();
    for (int i = 0; i < inputs.size(); i++) {
      Operand operand = operation.operands().get(i);
      Tensor input = inputs.get(i);
      if (operand.differentiable()) {
        input = input.leaf();
        leafs.add(input);
      }
      views.add(operand.view(input));
    }
    leaves = leafs.size();
    results.addAll(operation.body().apply(views));
    if (operation.operation().derivative() == Derivative.NONE) {
      return trace.finish(results.toArray(Tensor[]::new));
    }
    List<Tensor> outputs = new ArrayList<>();
    Tensor loss = null;
    for (int i = 0; i < results.size(); i++) {
      Tensor y = results.get(i);
      Tensor term = y.mul(weights.get(i)).add(y.square().mul(0.5)).sumAll();
      loss = loss == null ? term : loss.add(term);
    }
    List<Tensor> g = trace.grad(List.of(loss), leafs, List.of(), twice, false);
    outputs.add(loss);
    outputs.addAll(g);
    if (twice) {
      Tensor slope = null;
      for (int i = 0; i < g.size(); i++) {
        Tensor term = g.get(i).mul(directions.get(i)).sumAll();
        slope = slope == null ? term : slope.add(term);
      }
      outputs.add(slope);
      outputs.addAll(trace.grad(List.of(slope), leafs, List.of(), false, false));
    }
    outputs.addAll(results);
    return trace.finish(outputs.toArray(Tensor[]::new));
  }

  private static List<TensorType> resultTypes(OperationCase operation) {
    Trace trace = new Trace("trial", Precision.FP64);
    List<Tensor> inputs = new ArrayList<>();
    for (Operand operand : operation.operands()) {
      TensorType type = operand.argument();
      inputs.add(trace.input("a" + inputs.size(), type.dtype(), type.shape()));
    }
    List<Tensor> views = new ArrayList<>();
    for (int i = 0; i < inputs.size(); i++) {
      Operand operand = operation.operands().get(i);
      Tensor input = operand.differentiable() ? inputs.get(i).leaf() : inputs.get(i);
      views.add(operand.view(input));
    }
    return operation.body().apply(views).stream().map(Tensor::type).toList();
  }

  List<Tensor> results() {
    return results;
  }

  boolean twice() {
    return twice;
  }

  /** Arguments in order: storage of the operands, then r, then v. */
  List<double[]> values() {
    return values;
  }

  /** The argument of the {@code i}th differentiable operand. */
  int argumentOfLeaf(int i) {
    int seen = -1;
    for (int k = 0; k < operation.operands().size(); k++) {
      if (operation.operands().get(k).differentiable() && ++seen == i) {
        return k;
      }
    }
    throw new IllegalArgumentException("leaf: " + i);
  }

  int leaves() {
    return leaves;
  }

  /** Copies the values of argument {@code i} into its memory. */
  void set(int i) {
    NativeTensor argument = arguments.get(i);
    double[] drawn = values.get(i);
    if (argument.type().dtype() == DType.FLOAT64) {
      argument.set(drawn);
    } else {
      float[] floats = new float[drawn.length];
      for (int k = 0; k < floats.length; k++) {
        floats[k] = (float) drawn[k];
      }
      argument.set(floats);
    }
  }

  Call call() {
    try (Results out = executable.run(arguments)) {
      if (operation.operation().derivative() == Derivative.NONE) {
        return new Call(0, 0, List.of(), List.of(), doubles(out, 0, out.size()));
      }
      int h = leaves + 2;
      return new Call(
          out.get(0).toDoubles()[0],
          twice ? out.get(leaves + 1).toDoubles()[0] : 0,
          doubles(out, 1, leaves),
          twice ? doubles(out, h, leaves) : List.of(),
          doubles(out, twice ? h + leaves : leaves + 1, results.size()));
    }
  }

  private static List<double[]> doubles(Results out, int from, int n) {
    List<double[]> all = new ArrayList<>();
    for (int i = from; i < from + n; i++) {
      all.add(out.get(i).type().dtype() == DType.FLOAT64 ? out.get(i).toDoubles() : new double[0]);
    }
    return all;
  }

  @Override
  public void close() {
    arguments.forEach(NativeTensor::close);
    executable.close();
  }
}
