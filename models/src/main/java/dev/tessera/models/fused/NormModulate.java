package dev.tessera.models.fused;

import dev.tessera.models.graph.CustomOperator;
import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Derivative;
import dev.tessera.models.graph.Tensor;
import dev.tessera.models.graph.TensorType;
import dev.tessera.models.kernel.KernelSizes;
import java.util.List;

/**
 * Layer norm over the last dimension of tokens, then {@code n (1 + scale) + shift}. The operator is
 * {@code x fp32 [N, T, D], shift, scale [N, D] -> out [N, T, D], mean, rstd fp32 [N, T]}, out in
 * the type of shift.
 *
 * @param eps added to the variance
 */
public record NormModulate(double eps) implements CustomOperator {
  @Override
  public String name() {
    return "norm_modulate";
  }

  @Override
  public List<Object> constants() {
    return List.of(eps);
  }

  @Override
  public Derivative derivative() {
    return Derivative.TRACED;
  }

  /** Whether the kernels take these tokens; elsewhere ATen's operations are written. */
  static boolean takes(Tensor x) {
    return x.trace().fuses()
        && x.shape().rank() == 3
        && x.type().dtype() == DType.FLOAT32
        && KernelSizes.tokens(x.dim(2));
  }

  /**
   * For a consumer in the compute type.
   *
   * @param x {@code [N, T, D]}
   * @param shift {@code [N, D]}, one a picture, and so {@code scale}
   */
  public Tensor apply(Tensor x, Tensor shift, Tensor scale) {
    if (takes(x)) {
      return x.trace().call(this, x, shift.compute(), scale.compute()).get(0);
    }
    return Operands.overTokens(shift)
        .addProduct(x.shortLayerNorm(eps), Operands.overTokens(scale).add(1));
  }

  @Override
  public List<TensorType> infer(List<TensorType> inputs) {
    TensorType x = Operands.tokens(name(), inputs.get(0));
    Operands.perPicture(name(), "a shift", x, inputs.get(1));
    Operands.perPicture(name(), "a scale", x, inputs.get(2));
    TensorType statistics = Operands.perToken(x);
    TensorType out = new TensorType(inputs.get(1).dtype(), x.shape());
    return List.of(out, statistics, statistics);
  }

  @Override
  public double flops(List<TensorType> inputs, List<TensorType> outputs) {
    return 10.0 * inputs.get(0).shape().size();
  }

  @Override
  public List<Tensor> gradient(
      List<Tensor> operands, List<Tensor> results, List<Tensor> gradients) {
    Tensor x = operands.get(0);
    return x.trace()
        .call(
            new NormModulateBackward(),
            gradients.get(0),
            x,
            results.get(1),
            results.get(2),
            operands.get(2));
  }
}
