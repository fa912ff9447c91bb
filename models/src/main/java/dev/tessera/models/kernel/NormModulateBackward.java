package dev.tessera.models.kernel;

import java.util.List;

/** Gradients of {@link NormModulate}. */
final class NormModulateBackward implements Operator {

  private static final Schema SCHEMA =
      Schema.of(
          "norm_modulate_backward(Tensor grad, Tensor x, Tensor mean, Tensor rstd, Tensor scale)"
              + " -> (Tensor grad_x, Tensor grad_shift, Tensor grad_scale)");

  @Override
  public Schema schema() {
    return SCHEMA;
  }

  @Override
  public List<Operand> onHost(Call call) {
    Operand x = call.tensor(1);
    TokenNorm norm = TokenNorm.of("x", x);
    Operand grad = norm.whole("grad", call.tensor(0)).expectRowMajor("grad");
    Operand mean = norm.perToken("mean", call.tensor(2));
    Operand rstd = norm.perToken("rstd", call.tensor(3));
    Operand scale = norm.rows("scale", call.tensor(4));
    Operand gradX = call.make(x.element(), x.sizes());
    Operand gradShift = call.make(scale.element(), scale.sizes());
    Operand gradScale = call.make(scale.element(), scale.sizes());
    double[] wholes = norm.newWhole();
    double[] shifts = norm.newRows();
    double[] scales = norm.newRows();
    norm.backward(
        grad.read(), x.read(), mean.read(), rstd.read(), scale.read(), wholes, shifts, scales);
    gradX.write(wholes);
    gradShift.write(shifts);
    gradScale.write(scales);
    return List.of(gradX, gradShift, gradScale);
  }

  @Override
  public List<Operand> onGpu(Call call, Gpu gpu) {
    Operand x = call.tensor(1).expect("x", Element.FLOAT32);
    TokenNorm norm = TokenNorm.of("x", x);
    Operand scale = norm.rows("scale", call.tensor(4));
    Operand grad = norm.whole("grad", call.tensor(0)).expect("grad", scale.element());
    Operand mean = norm.perToken("mean", call.tensor(2)).expectRowMajor("mean");
    Operand rstd = norm.perToken("rstd", call.tensor(3)).expectRowMajor("rstd");
    TokenKernels kernels =
        new TokenKernels(call, gpu, norm, false, List.of(scale), List.of(x, grad));
    Operand gradX = kernels.makeFloats(x.sizes());
    Operand gradShift = kernels.make(scale.sizes());
    Operand gradScale = kernels.make(scale.sizes());
    kernels.backward(
        0L, grad, x, mean, rstd, scale, grad, scale, gradX, 0L, gradShift, gradScale, 0L);
    return List.of(gradX, gradShift, gradScale);
  }
}
