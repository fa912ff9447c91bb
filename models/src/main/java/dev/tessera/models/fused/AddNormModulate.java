package dev.tessera.models.fused;

import dev.tessera.models.graph.CustomOperator;
import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Derivative;
import dev.tessera.models.graph.Tensor;
import dev.tessera.models.graph.TensorType;
import dev.tessera.models.graph.Trace;
import java.util.List;

/**
 * {@code sum = x + gate delta}, and {@link NormModulate} of it. The operator is {@code x fp32 [N,
 * T, D], gate [N, D], delta [N, T, D], shift, scale [N, D] -> sum fp32, out [N, T, D], mean, rstd
 * fp32 [N, T]}.
 *
 * @param eps added to the variance
 */
public record AddNormModulate(double eps) implements CustomOperator {
  @Override
  public String name() {
    return "add_norm_modulate";
  }

  @Override
  public List<Object> constants() {
    return List.of(eps);
  }

  @Override
  public Derivative derivative() {
    return Derivative.TRACED;
  }

  /**
   * For a consumer of the norm in the compute type.
   *
   * @param x {@code [N, T, D]}
   * @param gate {@code [N, D]}, one a picture, and so {@code shift} and {@code scale}
   * @param delta {@code [N, T, D]} like x
   * @return sum, in the type of x, then its norm, modulated
   */
  public List<Tensor> apply(Tensor x, Tensor gate, Tensor delta, Tensor shift, Tensor scale) {
    if (NormModulate.takes(x)) {
      return x.trace()
          .call(this, x, gate.compute(), delta.compute(), shift.compute(), scale.compute())
          .subList(0, 2);
    }
    // The residual stream stays in the master type; its summands need not.
    Tensor sum = x.addProduct(Operands.overTokens(gate), delta);
    return List.of(sum, new NormModulate(eps).apply(sum, shift, scale));
  }

  @Override
  public List<TensorType> infer(List<TensorType> inputs) {
    TensorType x = Operands.tokens(name(), inputs.get(0));
    Operands.perPicture(name(), "a gate", x, inputs.get(1));
    inputs.get(2).expect(name(), "a summand", x.shape());
    Operands.perPicture(name(), "a shift", x, inputs.get(3));
    Operands.perPicture(name(), "a scale", x, inputs.get(4));
    TensorType statistics = Operands.perToken(x);
    TensorType out = new TensorType(inputs.get(3).dtype(), x.shape());
    return List.of(x, out, statistics, statistics);
  }

  @Override
  public double flops(List<TensorType> inputs, List<TensorType> outputs) {
    return 12.0 * inputs.get(0).shape().size();
  }

  @Override
  public List<Tensor> gradient(
      List<Tensor> operands, List<Tensor> results, List<Tensor> gradients) {
    Trace trace = operands.get(0).trace();
    Tensor sum = gradients.get(0);
    return trace.call(
        new AddNormModulateBackward(),
        sum != null ? sum : Operands.none(trace, DType.FLOAT32),
        Operands.orZeros(gradients.get(1), results.get(1)),
        results.get(0),
        results.get(2),
        results.get(3),
        operands.get(1),
        operands.get(2),
        operands.get(4));
  }
}
