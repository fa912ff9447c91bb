package dev.tessera.datasets.table;

/**
 * A row whose checksum is known: it can be computed by another thread than the one that writes.
 *
 * @param checksum of the row alone
 */
public record CheckedRow<R>(R row, ContentChecksum checksum) {

  public static <R> CheckedRow<R> of(R row, RowFormat<R> format) {
    return new CheckedRow<>(row, ContentChecksum.EMPTY.plus(row, format, ContentChecksum.sha256()));
  }
}
