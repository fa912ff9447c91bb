package dev.tessera.models.kernel;

import java.util.List;

/**
 * {@code (x + bias + other) scale} of channels-last {@code [N, C, H, W]} and {@code [C]}; other is
 * like x, or absent.
 */
final class AddBias implements Operator {

  private static final Schema SCHEMA =
      Schema.of("add_bias(Tensor x, Tensor bias, Tensor other, float scale) -> Tensor");

  @Override
  public Schema schema() {
    return SCHEMA;
  }

  @Override
  public List<Operand> onHost(Call call) {
    Operand x = call.tensor(0);
    double[] bias = call.tensor(1).expect("bias", x.size(1)).read();
    double[] values = x.read();
    double[] more =
        call.tensor(2).absent()
            ? new double[values.length]
            : call.tensor(2).expect("other", x.sizes()).read();
    int pixels = x.size(2) * x.size(3);
    for (int i = 0; i < values.length; i++) {
      values[i] = (values[i] + bias[i / pixels % bias.length] + more[i]) * call.real(3);
    }
    Operand out = call.makeLike(x);
    out.write(values);
    return List.of(out);
  }

  @Override
  public List<Operand> onGpu(Call call, Gpu gpu) {
    Operand x = call.tensor(0);
    Operand out = call.makeLike(x);
    new ChannelBias(call, gpu, x).add(call.tensor(1), call.tensor(2), call.real(3), out);
    return List.of(out);
  }
}
