package dev.tessera.models.kernel;

import java.util.List;

/** The launches of {@code add_bias.cu} on channels-last pictures of T, {@code [N, C, H, W]}. */
final class ChannelBias {

  private static final String FILE = "add_bias.cu";

  private static final int THREADS = 256;

  /** Rows that a thread has under way at once. */
  private static final int ROWS = 4;

  /** Enough blocks for a large GPU several times over; sums depend on it. */
  private static final int BLOCKS = 1056;

  private final Call call;
  private final Gpu gpu;
  private final Operand x;
  private final int width;
  private final long rows;
  private final List<String> definitions;
  private final Geometry geometry;

  ChannelBias(Call call, Gpu gpu, Operand x) {
    if (x.absent()) {
      throw new IllegalArgumentException("x: no elements (expected: at least one picture)");
    }
    this.call = call;
    this.gpu = gpu;
    this.x = x.expectChannelsLast("x");
    this.width = x.size(1);
    this.rows = x.elements() / width;
    // libtorch's memory begins at multiples of 64 bytes: of all operands x alone may be a view.
    boolean vector = width % x.wide() == 0 && x.address() % 16 == 0;
    this.definitions = List.of(x.definition(), "VECTOR=" + (vector ? 1 : 0));
    int vectors = vector ? width / x.wide() : width;
    ColumnTiles tiles = ColumnTiles.of(vectors, THREADS);
    long passes = Geometry.ceilDiv(rows, (long) tiles.down() * ROWS);
    long blocks = Math.max(1, Math.min(passes, Math.min(65_535, BLOCKS / tiles.parts())));
    this.geometry = tiles.geometry(blocks);
  }

  /** {@code out = (x + bias + other) scale}. */
  void add(Operand bias, Operand other, double scale, Operand out) {
    bias.expect("bias", width).expect("bias", Element.FLOAT32).expectRowMajor("bias");
    if (!other.absent()) {
      other.expect("other", x.sizes()).expect("other", x.element()).expectChannelsLast("other");
    }
    gpu.kernel(FILE, "add_bias", definitions)
        .launch(call.stream(), geometry, x, bias, other.orNull(), out, rows, width, (float) scale);
  }

  /** {@code sums [C]} of x over pictures and pixels. */
  void sum(Operand sums) {
    Operand partial = call.make(Element.FLOAT32, geometry.gridY(), width);
    gpu.kernel(FILE, "bias_sums", definitions)
        .launch(call.stream(), geometry, x, partial, rows, width);
    ColumnSums.launch(call, gpu, partial, geometry.gridY(), width, sums, sums);
  }
}
