package dev.tessera.models.nn;

import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.Tensor;
import dev.tessera.models.graph.Trace;
import java.util.List;

/**
 * Rotary positions of a grid (Su et al. 2021, on two axes): features i and i + d/2 of a head are
 * the coordinates of a point that is turned, by angles of the token's row for the first d/4 pairs
 * and of its column for the others. Products of queries and keys then depend on differences of
 * places alone.
 */
final class Rotary {

  private static final double BASE = 10_000;

  private final int rows;
  private final int columns;
  private final int quarter;

  /**
   * @param features of a head, a multiple of 4
   */
  Rotary(int rows, int columns, int features) {
    this.rows = rows;
    this.columns = columns;
    this.quarter = features / 4;
  }

  /**
   * Of every token, row by row.
   *
   * @param cos {@code [tokens, features / 2]}
   * @param sin of the same angles
   */
  record Angles(Tensor cos, Tensor sin) {

    /** {@code x [N, heads, tokens, features]} turned, in the master type. */
    Tensor turn(Tensor x) {
      List<Tensor> halves = x.master().chunk(3, 2);
      Tensor a = halves.get(0);
      Tensor b = halves.get(1);
      return Tensor.cat(3, List.of(a.mul(cos).sub(b.mul(sin)), a.mul(sin).add(b.mul(cos))));
    }
  }

  Angles angles(Trace trace) {
    DType dtype = trace.precision().master();
    Tensor frequency = trace.range(quarter, dtype).mul(-Math.log(BASE) / quarter).exp();
    Shape grid = Shape.of(rows, columns, quarter);
    Tensor byRow = trace.range(rows, dtype).reshape(rows, 1, 1).mul(frequency).expand(grid);
    Tensor byColumn = trace.range(columns, dtype).reshape(1, columns, 1).mul(frequency);
    Tensor both = Tensor.cat(2, List.of(byRow, byColumn.expand(grid)));
    Tensor angle = both.reshape((long) rows * columns, 2L * quarter);
    return new Angles(angle.cos(), angle.sin());
  }
}
