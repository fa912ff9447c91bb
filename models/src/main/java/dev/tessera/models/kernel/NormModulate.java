package dev.tessera.models.kernel;

import java.util.List;

/** Layer normalisation of tokens without weights, modulated by a scale and a shift a sample. */
final class NormModulate implements Operator {

  private static final Schema SCHEMA =
      Schema.of(
          "norm_modulate(Tensor x, Tensor shift, Tensor scale, float eps)"
              + " -> (Tensor out, Tensor mean, Tensor rstd)");

  @Override
  public Schema schema() {
    return SCHEMA;
  }

  @Override
  public List<Operand> onHost(Call call) {
    Operand x = call.tensor(0);
    TokenNorm norm = TokenNorm.of("x", x);
    Operand shift = norm.rows("shift", call.tensor(1));
    Operand scale = norm.rows("scale", call.tensor(2));
    Operand out = call.make(scale.element(), x.sizes());
    Operand mean = call.make(x.element(), norm.samples(), norm.tokens());
    Operand rstd = call.make(x.element(), norm.samples(), norm.tokens());
    double[] outs = norm.newWhole();
    double[] means = norm.newPerToken();
    double[] rstds = norm.newPerToken();
    norm.forward(x.read(), shift.read(), scale.read(), call.real(3), outs, means, rstds);
    out.write(outs);
    mean.write(means);
    rstd.write(rstds);
    return List.of(out, mean, rstd);
  }

  @Override
  public List<Operand> onGpu(Call call, Gpu gpu) {
    Operand x = call.tensor(0).expect("x", Element.FLOAT32);
    TokenNorm norm = TokenNorm.of("x", x);
    Operand shift = norm.rows("shift", call.tensor(1));
    Operand scale = norm.rows("scale", call.tensor(2));
    TokenKernels kernels =
        new TokenKernels(call, gpu, norm, false, List.of(scale, shift), List.of(x));
    Operand out = kernels.make(x.sizes());
    Operand mean = kernels.makeFloats(norm.samples(), norm.tokens());
    Operand rstd = kernels.makeFloats(norm.samples(), norm.tokens());
    kernels.forward(x, scale, scale, shift, scale, call.real(3), 0L, out, mean, rstd);
    return List.of(out, mean, rstd);
  }
}
