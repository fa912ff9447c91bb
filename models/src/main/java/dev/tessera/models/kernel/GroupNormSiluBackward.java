package dev.tessera.models.kernel;

import java.util.List;

/** Gradients of {@link GroupNormSilu}; what was dropped is computed again. */
final class GroupNormSiluBackward implements Operator {

  private static final Schema SCHEMA =
      Schema.of(
          "group_norm_silu_backward(Tensor grad, Tensor x, Tensor shift, Tensor mean, Tensor rstd,"
              + " Tensor weight, Tensor bias, Tensor key, int groups, bool silu, float dropout,"
              + " int site) -> (Tensor grad_x, Tensor grad_shift, Tensor grad_weight,"
              + " Tensor grad_bias)");

  @Override
  public Schema schema() {
    return SCHEMA;
  }

  @Override
  public List<Operand> onHost(Call call) {
    Operand x = call.tensor(1);
    Operand shift = call.tensor(2);
    Operand weight = call.tensor(5);
    ChannelNorm norm =
        ChannelNorm.of(x, Math.toIntExact(call.integer(8)), call.truth(9), call.real(10));
    Dropout dropout = norm.dropout(call.tensor(7), call.integer(11));
    double[] grad = call.tensor(0).expect("grad", x.sizes()).read();
    double[] mean = call.tensor(3).expect("mean", norm.samples(), norm.groups()).read();
    double[] rstd = call.tensor(4).expect("rstd", norm.samples(), norm.groups()).read();
    double[] bias = call.tensor(6).expect("bias", norm.channels()).read();
    double[] shifts = norm.shift(shift).read();
    double[] weights = weight.expect("weight", norm.channels()).read();
    Operand gradX = call.makeChannelsLast(x);
    Operand gradShift = call.make(x.element(), shift.sizes());
    Operand gradWeight = call.make(weight.element(), norm.channels());
    Operand gradBias = call.make(weight.element(), norm.channels());
    double[] xs = new double[grad.length];
    double[] shiftSums = new double[shifts.length];
    double[] weightSums = new double[norm.channels()];
    double[] biasSums = new double[norm.channels()];
    norm.backward(
        grad,
        x.read(),
        shifts,
        mean,
        rstd,
        weights,
        bias,
        dropout,
        xs,
        shiftSums,
        weightSums,
        biasSums);
    gradX.write(xs);
    gradShift.write(shiftSums);
    gradWeight.write(weightSums);
    gradBias.write(biasSums);
    return List.of(gradX, gradShift, gradWeight, gradBias);
  }

  @Override
  public List<Operand> onGpu(Call call, Gpu gpu) {
    Operand x = call.tensor(1);
    Operand shift = call.tensor(2);
    ChannelNorm norm =
        ChannelNorm.of(x, Math.toIntExact(call.integer(8)), call.truth(9), call.real(10));
    Operand given = call.tensor(0).expect("grad", x.sizes());
    Operand grad = given.channelsLast() ? given : call.channelsLast(given);
    ChannelKernels kernels =
        new ChannelKernels(
            call,
            gpu,
            norm,
            x,
            shift,
            call.tensor(5),
            call.tensor(6),
            call.tensor(7),
            call.integer(11),
            List.of(grad));
    Operand mean = statistic(norm, "mean", call.tensor(3));
    Operand rstd = statistic(norm, "rstd", call.tensor(4));
    Operand gradX = call.makeChannelsLast(x);
    Operand gradShift = call.make(x.element(), shift.sizes());
    Operand gradWeight = call.make(Element.FLOAT32, norm.channels());
    Operand gradBias = call.make(Element.FLOAT32, norm.channels());
    kernels.backward(grad, mean, rstd, gradX, gradShift, gradWeight, gradBias);
    return List.of(gradX, gradShift, gradWeight, gradBias);
  }

  private static Operand statistic(ChannelNorm norm, String name, Operand operand) {
    return operand
        .expect(name, norm.samples(), norm.groups())
        .expect(name, Element.FLOAT32)
        .expectRowMajor(name);
  }
}
