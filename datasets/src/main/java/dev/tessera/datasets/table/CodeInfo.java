package dev.tessera.datasets.table;

import java.util.Locale;

/**
 * What the {@code codes} column of a table holds, and how well the tokenizer did.
 *
 * @param codebookSize codes are 0 to this - 1
 * @param rows of the grid
 * @param columns of the grid
 * @param usage fraction of the codebook that occurs, 0 to 1
 * @param perplexity exp of the entropy of the codes, 1 to codebookSize
 */
public record CodeInfo(int codebookSize, int rows, int columns, double usage, double perplexity) {

  private static final int MOST_CODES = 1 << 24;

  public CodeInfo {
    if (codebookSize < 1 || rows < 1 || columns < 1 || (long) rows * columns > MOST_CODES) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "codes: %d of a %dx%d grid (expected: all 1 or more, and at most 2^24 codes)",
              codebookSize,
              rows,
              columns));
    }
  }

  /** Number of codes of one picture. */
  public int length() {
    return rows * columns;
  }
}
