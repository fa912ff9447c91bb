package dev.tessera.models.fused;

import dev.tessera.models.graph.CustomOperator;
import dev.tessera.models.graph.Derivative;
import dev.tessera.models.graph.MemoryOrder;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.ShapeException;
import dev.tessera.models.graph.Tensor;
import dev.tessera.models.graph.TensorType;
import dev.tessera.models.graph.Trace;
import dev.tessera.models.kernel.KernelSizes;
import java.util.Arrays;
import java.util.List;

/**
 * {@code (x + bias + other) scale} of pictures. The operator takes {@code x [N, C, H, W]}
 * channels-last, {@code bias fp32 [C]} and {@code other}, like x or {@code [0]} for none.
 *
 * @param scale 1 for none
 */
public record AddBias(double scale) implements CustomOperator {
  @Override
  public String name() {
    return "add_bias";
  }

  @Override
  public List<Object> constants() {
    return List.of(scale);
  }

  @Override
  public Derivative derivative() {
    return Derivative.TRACED;
  }

  /** Whether the kernel takes the bias of so many channels. */
  public static boolean takes(Trace trace, long channels) {
    return trace.fuses() && KernelSizes.bias(channels);
  }

  /**
   * In one pass on a GPU.
   *
   * @param bias {@code [C]} of {@code x [N, C, H, W]}
   * @param otherOrNull like x; null for none
   */
  public Tensor apply(Tensor x, Tensor bias, Tensor otherOrNull) {
    boolean alike = otherOrNull == null || otherOrNull.type().equals(x.type());
    if (takes(x.trace(), x.dim(1)) && alike) {
      return x.trace()
          .call(
              this,
              x.toConvolve(),
              bias.master(),
              otherOrNull == null
                  ? Operands.none(x.trace(), x.type().dtype())
                  : otherOrNull.toConvolve())
          .get(0);
    }
    Tensor sum = x.add(bias.cast(x.type().dtype()).reshape(1, x.dim(1), 1, 1));
    Tensor both = otherOrNull == null ? sum : sum.add(otherOrNull);
    return scale == 1 ? both : both.mul(scale);
  }

  @Override
  public MemoryOrder order(List<Tensor> operands, Shape result, int index) {
    return MemoryOrder.ofFirst(operands, result);
  }

  @Override
  public List<TensorType> infer(List<TensorType> inputs) {
    TensorType x = inputs.get(0).floating(name()).pictures(name());
    inputs.get(1).expect(name(), "a bias", Shape.of(x.shape().dim(1)));
    if (inputs.get(2).shape().size() > 0 && !inputs.get(2).equals(x)) {
      throw new ShapeException(
          name() + " expects two summands alike, got " + x + " and " + inputs.get(2));
    }
    return List.of(x);
  }

  @Override
  public double flops(List<TensorType> inputs, List<TensorType> outputs) {
    return 3.0 * inputs.get(0).shape().size();
  }

  @Override
  public List<Tensor> gradient(
      List<Tensor> operands, List<Tensor> results, List<Tensor> gradients) {
    Tensor all = scale == 1 ? gradients.get(0) : gradients.get(0).mul(scale);
    Tensor bias =
        operands.get(1).requiresGrad() ? all.trace().call(new AddBiasBackward(), all).get(0) : null;
    return Arrays.asList(all, bias, operands.get(2).shape().size() > 0 ? all : null);
  }
}
