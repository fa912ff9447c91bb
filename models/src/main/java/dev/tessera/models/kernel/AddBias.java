package dev.tessera.models.kernel;

import java.util.List;

/** {@code x + bias} of channels-last {@code [N, C, H, W]} and {@code [C]}. */
final class AddBias implements Operator {

  private static final Schema SCHEMA = Schema.of("add_bias(Tensor x, Tensor bias) -> Tensor");

  @Override
  public Schema schema() {
    return SCHEMA;
  }

  @Override
  public List<Operand> onHost(Call call) {
    Operand x = call.tensor(0);
    double[] bias = call.tensor(1).expect("bias", x.size(1)).read();
    double[] values = x.read();
    int pixels = x.size(2) * x.size(3);
    for (int i = 0; i < values.length; i++) {
      values[i] += bias[i / pixels % bias.length];
    }
    Operand out = call.makeLike(x);
    out.write(values);
    return List.of(out);
  }

  @Override
  public List<Operand> onGpu(Call call, Gpu gpu) {
    Operand x = call.tensor(0);
    Operand out = call.makeLike(x);
    new ChannelBias(call, gpu, x).add(call.tensor(1), out);
    return List.of(out);
  }
}
