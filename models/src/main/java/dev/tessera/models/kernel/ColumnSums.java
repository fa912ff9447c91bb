package dev.tessera.models.kernel;

import java.util.List;

/** The launch of {@code column_sums.cu}: sums of a float32 matrix's columns, in a fixed order. */
final class ColumnSums {

  private static final List<String> DEFINITIONS = List.of("ELEMENT=32", "VECTOR=0");

  private ColumnSums() {}

  /** The first columns' sums fill {@code first}, the others {@code second}. */
  static void launch(
      Call call, Gpu gpu, Operand matrix, int rows, int width, Operand first, Operand second) {
    gpu.kernel("column_sums.cu", "column_sums", DEFINITIONS)
        .launch(
            call.stream(),
            new Geometry((int) Geometry.ceilDiv(width, 32), 1, 1, 32, 32, 0),
            matrix,
            first,
            second,
            rows,
            width,
            Math.toIntExact(first.elements()));
  }
}
