package dev.tessera.datasets.table;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.tessera.datasets.InvalidDatasetException;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a table holds: its files in order, and everything a reader would otherwise have to guess.
 * Row r of a table means row r in the order of {@code files}.
 *
 * @param version of this schema, {@link #VERSION}
 * @param kind of the rows
 * @param files in order; rows of one split lie in the order of their ids
 * @param quarantine files of the quarantine table beside it
 * @param quarantined rows of that table
 * @param imageSize side in pixels of the (square) pictures, or of those the rows were made from
 * @param classNames by label; empty without labels
 * @param contentChecksum of all rows, whatever files and order they are stored in
 * @param codes for code tables, else null
 * @param latents for latent tables, else null
 * @param reconstruction for code and latent tables, else null
 * @param provenance how the table was made: settings, checksums of inputs
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record TableManifest(
    int version,
    TableKind kind,
    List<TableFile> files,
    List<TableFile> quarantine,
    long quarantined,
    int imageSize,
    List<String> classNames,
    String contentChecksum,
    CodeInfo codes,
    LatentInfo latents,
    Reconstruction reconstruction,
    Map<String, String> provenance) {

  /** The version this code writes and reads. */
  public static final int VERSION = 1;

  /** Pixels of the longest side that a picture may have. */
  private static final int MOST_PIXELS = 1 << 15;

  public TableManifest {
    if (kind == null) {
      throw new IllegalArgumentException("kind: null (expected: images, codes, latents, samples)");
    }
    files = List.copyOf(files);
    quarantine = List.copyOf(quarantine);
    classNames = List.copyOf(classNames);
    if (files.isEmpty()) {
      throw new IllegalArgumentException("files: none (expected: one or more)");
    }
    if (imageSize < 1 || imageSize > MOST_PIXELS) {
      throw new IllegalArgumentException(
          "imageSize: " + imageSize + " (expected: 1 to " + MOST_PIXELS + ")");
    }
    if (contentChecksum == null || !contentChecksum.matches("[0-9a-f]{32}")) {
      throw new IllegalArgumentException(
          "contentChecksum: " + contentChecksum + " (expected: 32 hexadecimal digits)");
    }
    if (quarantined != quarantine.stream().mapToLong(TableFile::rows).sum()) {
      throw new IllegalArgumentException(
          "quarantined: " + quarantined + " (expected: the rows of the quarantine's files)");
    }
    // Sorted, so that equal tables have equal manifests.
    provenance = Collections.unmodifiableMap(new TreeMap<>(provenance));
    if ((kind == TableKind.CODES && codes == null)
        || (kind == TableKind.LATENTS && latents == null)) {
      throw new IllegalArgumentException(kind.label() + ": null (expected: a description)");
    }
  }

  /** Number of rows of one split. */
  public long rows(Subset split) {
    return files(split).stream().mapToLong(TableFile::rows).sum();
  }

  /** Number of rows. */
  public long rows() {
    return files.stream().mapToLong(TableFile::rows).sum();
  }

  /** The files of one split, in order. */
  public List<TableFile> files(Subset split) {
    return files.stream().filter(file -> file.split() == split).toList();
  }

  /**
   * @throws InvalidDatasetException if this is not a table of {@code expected}, naming {@code path}
   */
  public TableManifest require(TableKind expected, String path) {
    if (kind != expected) {
      throw new InvalidDatasetException(
          String.format(
              Locale.ROOT,
              "%s is a table of %s (expected: a table of %s)",
              path,
              kind.label(),
              expected.label()));
    }
    return this;
  }
}
