package dev.tessera.models.kernel;

import java.util.List;

/** {@code (a + b) scale}, element by element, in whatever memory format both have. */
final class ScaledSum implements Operator {

  private static final Schema SCHEMA =
      Schema.of("scaled_sum(Tensor a, Tensor b, float scale) -> Tensor");

  @Override
  public Schema schema() {
    return SCHEMA;
  }

  @Override
  public List<Operand> onHost(Call call) {
    Operand a = call.tensor(0);
    Operand b = call.tensor(1).expect("b", a.sizes());
    Operand out = call.makeLike(a);
    double[] sums = a.read();
    double[] more = b.read();
    for (int i = 0; i < sums.length; i++) {
      sums[i] = (sums[i] + more[i]) * call.real(2);
    }
    out.write(sums);
    return List.of(out);
  }
}
