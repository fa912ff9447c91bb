package dev.tessera.models.fused;

import dev.tessera.models.graph.CustomOperator;
import dev.tessera.models.graph.Derivative;
import dev.tessera.models.graph.MemoryOrder;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.ShapeException;
import dev.tessera.models.graph.Tensor;
import dev.tessera.models.graph.TensorType;
import java.util.List;

/**
 * {@code (a + b) scale}: how a residual joins its skip at equal variance.
 *
 * @param scale of the sum
 */
public record ScaledSum(double scale) implements CustomOperator {
  @Override
  public String name() {
    return "scaled_sum";
  }

  @Override
  public List<Object> constants() {
    return List.of(scale);
  }

  @Override
  public Derivative derivative() {
    return Derivative.TRACED;
  }

  /** Of operands that broadcast; in one pass on a GPU where they are alike. */
  public Tensor apply(Tensor a, Tensor b) {
    return a.trace().fuses() && a.type().equals(b.type())
        ? a.trace().call(this, a, b).get(0)
        : a.add(b).mul(scale);
  }

  @Override
  public MemoryOrder order(List<Tensor> operands, Shape result, int index) {
    return MemoryOrder.ofFirst(operands, result);
  }

  @Override
  public List<TensorType> infer(List<TensorType> inputs) {
    if (!inputs.get(0).equals(inputs.get(1))) {
      throw new ShapeException(
          name() + " expects two operands alike, got " + inputs.get(0) + " and " + inputs.get(1));
    }
    return List.of(inputs.get(0).floating(name()));
  }

  @Override
  public double flops(List<TensorType> inputs, List<TensorType> outputs) {
    return 2.0 * inputs.get(0).shape().size();
  }

  @Override
  public List<Tensor> gradient(
      List<Tensor> operands, List<Tensor> results, List<Tensor> gradients) {
    Tensor both = gradients.get(0).mul(scale);
    return List.of(both, both);
  }
}
