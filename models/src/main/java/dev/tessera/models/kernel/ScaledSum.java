package dev.tessera.models.kernel;

import java.util.List;

/** {@code (a + b) scale}, element by element, in whatever memory format both have. */
final class ScaledSum implements Operator {

  private static final Schema SCHEMA =
      Schema.of("scaled_sum(Tensor a, Tensor b, float scale) -> Tensor");

  private static final int THREADS = 256;

  /** Of 16 bytes, that a thread takes of each operand. */
  private static final int PACKS = 4;

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

  @Override
  public List<Operand> onGpu(Call call, Gpu gpu) {
    Operand a = call.tensor(0);
    Operand b = call.tensor(1).expect("b", a.sizes()).expect("b", a.element());
    boolean alike = (a.rowMajor() && b.rowMajor()) || (a.channelsLast() && b.channelsLast());
    if (!alike) {
      throw new IllegalArgumentException(
          "a, b: strides differ or leave gaps (expected: both row-major or both channels-last)");
    }
    Operand out = call.makeLike(a);
    boolean vector = a.address() % 16 == 0 && b.address() % 16 == 0;
    int lanes = vector ? a.wide() : 1;
    long packs = Math.max(1, a.elements() / lanes);
    gpu.kernel("scaled_sum.cu", "scaled_sum", List.of(a.definition(), "VECTOR=" + (vector ? 1 : 0)))
        .launch(
            call.stream(),
            Geometry.of(Geometry.ceilDiv(packs, (long) PACKS * THREADS), THREADS),
            a,
            b,
            out,
            (float) call.real(2),
            a.elements());
    return List.of(out);
  }
}
