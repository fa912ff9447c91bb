package dev.tessera.datasets.batch;

import java.util.Arrays;
import java.util.stream.Collectors;

/** Columns that batches are made of. Every row of a column takes the same number of bytes. */
public enum Column {
  /** uint8 [3, size, size], red, green and blue planes, decoded; of image tables. */
  PIXELS("image"),
  /** The tensor as its manifest describes it, little-endian; of latent tables. */
  LATENT("latent"),
  /** int32 [rows * columns], little-endian; of code tables. */
  CODES("codes"),
  /** int32, little-endian, -1 where there is none; of all tables. */
  LABEL("label"),
  /** int64, little-endian: the row's id; of all tables. */
  ID("id");

  private final String column;

  Column(String column) {
    this.column = column;
  }

  /** What the table calls it. */
  public String column() {
    return column;
  }

  /**
   * The column that a table calls {@code name}.
   *
   * @throws IllegalArgumentException if none is called so
   */
  public static Column named(String name) {
    return Arrays.stream(values())
        .filter(each -> each.column.equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "column: "
                        + name
                        + " (expected: one of "
                        + Arrays.stream(values())
                            .map(Column::column)
                            .collect(Collectors.joining(", "))
                        + ")"));
  }
}
