package dev.tessera.models.kernel;

import java.util.List;

/** A gated addition to the stream of tokens, and {@link NormModulate} of the sum. */
final class AddNormModulate implements Operator {

  private static final Schema SCHEMA =
      Schema.of(
          "add_norm_modulate(Tensor x, Tensor gate, Tensor delta, Tensor shift, Tensor scale,"
              + " float eps) -> (Tensor sum, Tensor out, Tensor mean, Tensor rstd)");

  @Override
  public Schema schema() {
    return SCHEMA;
  }

  @Override
  public List<Operand> onHost(Call call) {
    Operand x = call.tensor(0);
    TokenNorm norm = TokenNorm.of("x", x);
    double[] gate = norm.rows("gate", call.tensor(1)).read();
    double[] delta = norm.whole("delta", call.tensor(2)).read();
    Operand shift = norm.rows("shift", call.tensor(3));
    Operand scale = norm.rows("scale", call.tensor(4));
    Operand sum = call.make(x.element(), x.sizes());
    Operand out = call.make(scale.element(), x.sizes());
    Operand mean = call.make(x.element(), norm.samples(), norm.tokens());
    Operand rstd = call.make(x.element(), norm.samples(), norm.tokens());
    double[] sums = x.read();
    for (int n = 0; n < norm.samples(); n++) {
      for (int t = 0; t < norm.tokens(); t++) {
        for (int c = 0; c < norm.width(); c++) {
          int e = norm.element(n, t, c);
          sums[e] += gate[n * norm.width() + c] * delta[e];
        }
      }
    }
    double[] outs = norm.newWhole();
    double[] means = norm.newPerToken();
    double[] rstds = norm.newPerToken();
    norm.forward(sums, shift.read(), scale.read(), call.real(5), outs, means, rstds);
    sum.write(sums);
    out.write(outs);
    mean.write(means);
    rstd.write(rstds);
    return List.of(sum, out, mean, rstd);
  }

  @Override
  public List<Operand> onGpu(Call call, Gpu gpu) {
    Operand x = call.tensor(0).expect("x", Element.FLOAT32);
    TokenNorm norm = TokenNorm.of("x", x);
    Operand gate = norm.rows("gate", call.tensor(1));
    Operand shift = norm.rows("shift", call.tensor(3));
    Operand scale = norm.rows("scale", call.tensor(4));
    Operand delta = norm.whole("delta", call.tensor(2)).expect("delta", scale.element());
    TokenKernels kernels =
        new TokenKernels(call, gpu, norm, true, List.of(scale, shift, gate), List.of(x, delta));
    Operand sum = kernels.makeFloats(x.sizes());
    Operand out = kernels.make(x.sizes());
    Operand mean = kernels.makeFloats(norm.samples(), norm.tokens());
    Operand rstd = kernels.makeFloats(norm.samples(), norm.tokens());
    kernels.forward(x, gate, delta, shift, scale, call.real(5), sum, out, mean, rstd);
    return List.of(sum, out, mean, rstd);
  }
}
