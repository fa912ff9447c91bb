package dev.tessera.models.kernel;

import java.util.List;

/** The launches of {@code bias_gelu.cu} on rows of T, {@code [..., width]}. */
final class BiasKernels {

  private static final String FILE = "bias_gelu.cu";

  private static final int THREADS = 256;

  /** Rows that a thread has under way at once. */
  private static final int ROWS = 4;

  /** Enough blocks for a large GPU several times over; sums depend on it. */
  private static final int BLOCKS = 792;

  /** Rounds of a thread, so that the bias is read and its sums are written seldom. */
  private static final int ROUNDS = 8;

  private final Call call;
  private final Gpu gpu;
  private final Operand bias;
  private final int width;
  private final long rows;
  private final List<String> definitions;
  private final Geometry geometry;

  /** Checks the operands: {@code whole} are of one type and shape. */
  BiasKernels(Call call, Gpu gpu, Operand bias, List<Operand> whole) {
    Operand x = whole.get(0);
    this.call = call;
    this.gpu = gpu;
    this.width = x.size(x.rank() - 1);
    this.rows = x.elements() / Math.max(1, width);
    this.bias = bias.expect("bias", width).expect("bias", Element.FLOAT32).expectRowMajor("bias");
    if (x.absent()) {
      throw new IllegalArgumentException("x: no elements (expected: at least one row)");
    }
    boolean vector = width % x.wide() == 0;
    for (Operand operand : whole) {
      operand.expect("grad", x.sizes()).expect("grad", x.element()).expectRowMajor("x and grad");
      vector &= operand.inVectorsOf(x.wide());
    }
    this.definitions = List.of(x.definition(), "VECTOR=" + (vector ? 1 : 0));
    int vectors = vector ? width / x.wide() : width;
    ColumnTiles tiles = ColumnTiles.of(vectors, THREADS);
    long passes = Geometry.ceilDiv(rows, (long) tiles.down() * ROWS);
    long rounds = Math.max(1, Math.min(ROUNDS, passes * tiles.parts() / BLOCKS));
    long blocks = Math.min(65_535, Geometry.ceilDiv(passes, rounds));
    this.geometry = tiles.geometry(blocks);
  }

  void forward(Operand x, Operand out) {
    gpu.kernel(FILE, "bias_gelu", definitions)
        .launch(call.stream(), geometry, x, bias, out, rows, width);
  }

  void backward(Operand grad, Operand x, Operand gradX, Operand gradBias) {
    Operand partial = call.make(Element.FLOAT32, geometry.gridY(), width);
    gpu.kernel(FILE, "bias_gelu_backward", definitions)
        .launch(call.stream(), geometry, grad, x, bias, gradX, partial, rows, width);
    ColumnSums.launch(call, gpu, partial, geometry.gridY(), width, gradBias, gradBias);
  }
}
