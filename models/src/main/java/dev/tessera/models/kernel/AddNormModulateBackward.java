package dev.tessera.models.kernel;

import java.util.ArrayList;
import java.util.List;

/** Gradients of {@link AddNormModulate}. */
final class AddNormModulateBackward implements Operator {

  private static final Schema SCHEMA =
      Schema.of(
          "add_norm_modulate_backward(Tensor grad_sum, Tensor grad, Tensor sum, Tensor mean,"
              + " Tensor rstd, Tensor gate, Tensor delta, Tensor scale) -> (Tensor grad_x,"
              + " Tensor grad_gate, Tensor grad_delta, Tensor grad_shift, Tensor grad_scale)");

  @Override
  public Schema schema() {
    return SCHEMA;
  }

  @Override
  public List<Operand> onHost(Call call) {
    Operand sum = call.tensor(2);
    TokenNorm norm = TokenNorm.of("sum", sum);
    Operand gradSum = call.tensor(0);
    Operand grad = norm.whole("grad", call.tensor(1)).expectRowMajor("grad");
    Operand mean = norm.perToken("mean", call.tensor(3));
    Operand rstd = norm.perToken("rstd", call.tensor(4));
    Operand gate = norm.rows("gate", call.tensor(5));
    Operand delta = norm.whole("delta", call.tensor(6));
    Operand scale = norm.rows("scale", call.tensor(7));
    Operand gradX = call.make(sum.element(), sum.sizes());
    Operand gradGate = call.make(gate.element(), gate.sizes());
    Operand gradDelta = call.make(delta.element(), delta.sizes());
    Operand gradShift = call.make(scale.element(), scale.sizes());
    Operand gradScale = call.make(scale.element(), scale.sizes());
    double[] xs = norm.newWhole();
    double[] shifts = norm.newRows();
    double[] scales = norm.newRows();
    norm.backward(
        grad.read(), sum.read(), mean.read(), rstd.read(), scale.read(), xs, shifts, scales);
    if (!gradSum.absent()) {
      double[] more = norm.whole("grad_sum", gradSum).expectRowMajor("grad_sum").read();
      for (int e = 0; e < xs.length; e++) {
        xs[e] += more[e];
      }
    }
    double[] gates = norm.newRows();
    double[] deltas = norm.newWhole();
    ungate(norm, xs, gate.read(), delta.read(), gates, deltas);
    gradX.write(xs);
    gradGate.write(gates);
    gradDelta.write(deltas);
    gradShift.write(shifts);
    gradScale.write(scales);
    return List.of(gradX, gradGate, gradDelta, gradShift, gradScale);
  }

  /** Gradients of {@code gate delta} with respect to both. */
  private static void ungate(
      TokenNorm norm,
      double[] grad,
      double[] gate,
      double[] delta,
      double[] gradGate,
      double[] gradDelta) {
    for (int n = 0; n < norm.samples(); n++) {
      for (int t = 0; t < norm.tokens(); t++) {
        for (int c = 0; c < norm.width(); c++) {
          int e = norm.element(n, t, c);
          gradGate[n * norm.width() + c] += grad[e] * delta[e];
          gradDelta[e] = grad[e] * gate[n * norm.width() + c];
        }
      }
    }
  }

  @Override
  public List<Operand> onGpu(Call call, Gpu gpu) {
    Operand sum = call.tensor(2).expect("sum", Element.FLOAT32);
    TokenNorm norm = TokenNorm.of("sum", sum);
    Operand gate = norm.rows("gate", call.tensor(5));
    Operand scale = norm.rows("scale", call.tensor(7));
    Operand grad = norm.whole("grad", call.tensor(1)).expect("grad", scale.element());
    Operand delta = norm.whole("delta", call.tensor(6)).expect("delta", scale.element());
    Operand mean = norm.perToken("mean", call.tensor(3)).expectRowMajor("mean");
    Operand rstd = norm.perToken("rstd", call.tensor(4)).expectRowMajor("rstd");
    List<Operand> whole = new ArrayList<>(List.of(sum, grad, delta));
    Operand gradSum = call.tensor(0);
    if (!gradSum.absent()) {
      whole.add(norm.whole("grad_sum", gradSum).expect("grad_sum", Element.FLOAT32));
    }
    TokenKernels kernels =
        new TokenKernels(call, gpu, norm, true, List.of(scale, gate), List.copyOf(whole));
    Operand gradX = kernels.makeFloats(sum.sizes());
    Operand gradGate = kernels.make(gate.sizes());
    Operand gradDelta = kernels.make(delta.sizes());
    Operand gradShift = kernels.make(scale.sizes());
    Operand gradScale = kernels.make(scale.sizes());
    kernels.backward(
        gradSum.orNull(),
        grad,
        sum,
        mean,
        rstd,
        gate,
        delta,
        scale,
        gradX,
        gradDelta,
        gradShift,
        gradScale,
        gradGate);
    return List.of(gradX, gradGate, gradDelta, gradShift, gradScale);
  }
}
