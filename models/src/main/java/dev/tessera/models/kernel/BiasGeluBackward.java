package dev.tessera.models.kernel;

import java.util.List;

/** Gradients of {@link BiasGelu}; the bias's is a sum over rows. */
final class BiasGeluBackward implements Operator {

  private static final Schema SCHEMA =
      Schema.of(
          "bias_gelu_backward(Tensor grad, Tensor x, Tensor bias)"
              + " -> (Tensor grad_x, Tensor grad_bias)");

  @Override
  public Schema schema() {
    return SCHEMA;
  }

  @Override
  public List<Operand> onHost(Call call) {
    Operand x = call.tensor(1);
    double[] grad = call.tensor(0).expect("grad", x.sizes()).expectRowMajor("grad").read();
    Operand bias = call.tensor(2).expect("bias", x.size(x.rank() - 1));
    double[] biases = bias.read();
    Operand gradX = call.make(x.element(), x.sizes());
    Operand gradBias = call.make(bias.element(), bias.sizes());
    double[] values = x.read();
    double[] sums = new double[biases.length];
    for (int i = 0; i < values.length; i++) {
      int column = i % biases.length;
      values[i] = grad[i] * Gelu.derivative(values[i] + biases[column]);
      sums[column] += values[i];
    }
    gradX.write(values);
    gradBias.write(sums);
    return List.of(gradX, gradBias);
  }

  @Override
  public List<Operand> onGpu(Call call, Gpu gpu) {
    Operand grad = call.tensor(0);
    Operand x = call.tensor(1);
    Operand bias = call.tensor(2);
    BiasKernels kernels = new BiasKernels(call, gpu, bias, List.of(x, grad));
    Operand gradX = call.make(x.element(), x.sizes());
    Operand gradBias = call.make(Element.FLOAT32, bias.sizes());
    kernels.backward(grad, x, gradX, gradBias);
    return List.of(gradX, gradBias);
  }
}
