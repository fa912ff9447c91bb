package dev.tessera.models.kernel;

import java.util.List;

/** {@code gelu(x + bias)}, the bias along the last dimension. */
final class BiasGelu implements Operator {

  private static final Schema SCHEMA = Schema.of("bias_gelu(Tensor x, Tensor bias) -> Tensor");

  @Override
  public Schema schema() {
    return SCHEMA;
  }

  @Override
  public List<Operand> onHost(Call call) {
    Operand x = call.tensor(0);
    double[] bias = call.tensor(1).expect("bias", x.size(x.rank() - 1)).read();
    Operand out = call.make(x.element(), x.sizes());
    double[] values = x.read();
    for (int i = 0; i < values.length; i++) {
      values[i] = Gelu.of(values[i] + bias[i % bias.length]);
    }
    out.write(values);
    return List.of(out);
  }

  @Override
  public List<Operand> onGpu(Call call, Gpu gpu) {
    Operand x = call.tensor(0);
    BiasKernels kernels = new BiasKernels(call, gpu, call.tensor(1), List.of(x));
    Operand out = call.make(x.element(), x.sizes());
    kernels.forward(x, out);
    return List.of(out);
  }
}
