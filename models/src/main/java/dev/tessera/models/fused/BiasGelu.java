package dev.tessera.models.fused;

import dev.tessera.models.graph.CustomOperator;
import dev.tessera.models.graph.Derivative;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.Tensor;
import dev.tessera.models.graph.TensorType;
import dev.tessera.models.kernel.KernelSizes;
import java.util.List;

/** {@code gelu(x + bias)}, the tanh form; {@code x [..., D], bias fp32 [D]}. */
public record BiasGelu() implements CustomOperator {
  @Override
  public String name() {
    return "bias_gelu";
  }

  @Override
  public Derivative derivative() {
    return Derivative.TRACED;
  }

  /** {@code gelu(x weight^T + bias)}, in the compute type. */
  public Tensor ofLinear(Tensor x, Tensor weight, Tensor bias) {
    boolean taken = x.trace().fuses() && KernelSizes.bias(weight.dim(0));
    return taken
        ? x.trace().call(this, x.linear(weight, null), bias.master()).get(0)
        : x.linear(weight, bias).gelu();
  }

  @Override
  public List<TensorType> infer(List<TensorType> inputs) {
    TensorType x = inputs.get(0).floating(name());
    inputs.get(1).expect(name(), "a bias", Shape.of(x.shape().dim(-1)));
    return List.of(x);
  }

  @Override
  public double flops(List<TensorType> inputs, List<TensorType> outputs) {
    return 11.0 * inputs.get(0).shape().size();
  }

  @Override
  public List<Tensor> gradient(
      List<Tensor> operands, List<Tensor> results, List<Tensor> gradients) {
    Tensor x = operands.get(0);
    return x.trace().call(new BiasGeluBackward(), gradients.get(0), x, operands.get(1));
  }
}
