package dev.tessera.datasets.table;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.Objects;
import java.util.regex.Pattern;

/**
 * One Parquet file of a table.
 *
 * @param path relative to the table's folder, and within it
 * @param split what its rows are for
 * @param rows in the file
 * @param bytes of the file
 * @param sha256 of the file, hexadecimal
 * @param blocks CRC32C of each MiB, see {@link BlockChecksums}; null in tables of older releases
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record TableFile(
    String path, Subset split, long rows, long bytes, String sha256, String blocks) {

  /** Names without a scheme, a drive, a way up or a root. */
  private static final Pattern INSIDE =
      Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._=-]*(/[A-Za-z0-9_][A-Za-z0-9._=-]*)*");

  private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");

  public TableFile {
    if (path == null || !INSIDE.matcher(path).matches()) {
      throw new IllegalArgumentException(
          "path: " + path + " (expected: a file within the table's folder)");
    }
    Objects.requireNonNull(split, "split: null (expected: train or heldout)");
    // A row of codes takes a byte or two, an id alone more than a bit.
    if (rows < 1 || bytes < 1 || rows / 64 > bytes) {
      throw new IllegalArgumentException(
          path
              + ": "
              + rows
              + " rows in "
              + bytes
              + " bytes (expected: both 1 or more, and not 64 rows a byte)");
    }
    if (sha256 == null || !SHA256.matcher(sha256).matches()) {
      throw new IllegalArgumentException(
          "sha256: " + sha256 + " (expected: 64 hexadecimal digits)");
    }
    if (blocks != null) {
      BlockChecksums.read(blocks, bytes);
    }
  }
}
