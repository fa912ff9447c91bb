package dev.tessera.models.kernel;

import java.util.List;

/** Group normalisation of channels-last pictures, shifted before, with SiLU and dropout after. */
final class GroupNormSilu implements Operator {

  private static final Schema SCHEMA =
      Schema.of(
          "group_norm_silu(Tensor x, Tensor shift, Tensor weight, Tensor bias, Tensor key,"
              + " int groups, float eps, bool silu, float dropout, int site)"
              + " -> (Tensor out, Tensor mean, Tensor rstd)");

  @Override
  public Schema schema() {
    return SCHEMA;
  }

  @Override
  public List<Operand> onHost(Call call) {
    Operand x = call.tensor(0);
    Operand weight = call.tensor(2);
    ChannelNorm norm =
        ChannelNorm.of(x, Math.toIntExact(call.integer(5)), call.truth(7), call.real(8));
    Dropout dropout = norm.dropout(call.tensor(4), call.integer(9));
    double[] shift = norm.shift(call.tensor(1)).read();
    double[] weights = weight.expect("weight", norm.channels()).read();
    double[] biases = call.tensor(3).expect("bias", norm.channels()).read();
    Operand out = call.makeChannelsLast(x);
    Operand mean = call.make(weight.element(), norm.samples(), norm.groups());
    Operand rstd = call.make(weight.element(), norm.samples(), norm.groups());
    double[] outs = new double[Math.toIntExact(x.elements())];
    double[] means = new double[norm.samples() * norm.groups()];
    double[] rstds = new double[means.length];
    norm.forward(x.read(), shift, weights, biases, call.real(6), dropout, outs, means, rstds);
    out.write(outs);
    mean.write(means);
    rstd.write(rstds);
    return List.of(out, mean, rstd);
  }

  @Override
  public List<Operand> onGpu(Call call, Gpu gpu) {
    Operand x = call.tensor(0);
    ChannelNorm norm =
        ChannelNorm.of(x, Math.toIntExact(call.integer(5)), call.truth(7), call.real(8));
    ChannelKernels kernels =
        new ChannelKernels(
            call,
            gpu,
            norm,
            x,
            call.tensor(1),
            call.tensor(2),
            call.tensor(3),
            call.tensor(4),
            call.integer(9),
            List.of());
    Operand out = call.makeChannelsLast(x);
    Operand mean = call.make(Element.FLOAT32, norm.samples(), norm.groups());
    Operand rstd = call.make(Element.FLOAT32, norm.samples(), norm.groups());
    kernels.forward(call.real(6), out, mean, rstd);
    return List.of(out, mean, rstd);
  }
}
