package dev.tessera.datasets.batch;

import dev.tessera.datasets.InvalidDatasetException;
import dev.tessera.datasets.image.ImageDecoder;
import dev.tessera.datasets.image.RgbImage;
import dev.tessera.datasets.image.UnreadableImageException;
import dev.tessera.datasets.table.CodeRow;
import dev.tessera.datasets.table.ImageRow;
import dev.tessera.datasets.table.LatentRow;
import dev.tessera.datasets.table.RowFormat;
import dev.tessera.datasets.table.RowFormats;
import dev.tessera.datasets.table.TableManifest;
import java.io.Closeable;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Locale;

/**
 * Puts the columns of a row of one kind of table into fixed-width memory. Belongs to one thread.
 *
 * @param <R> the row's record
 */
abstract sealed class RowBytes<R> implements Closeable {

  private final String table;
  private final int classes;

  private RowBytes(String table, TableManifest manifest) {
    this.table = table;
    this.classes = manifest.classNames().size();
  }

  /** For a table of images, codes or latents. */
  static RowBytes<?> of(String table, TableManifest manifest) {
    return switch (manifest.kind()) {
      case IMAGES -> new Images(table, manifest);
      case CODES -> new Codes(table, manifest);
      case LATENTS -> new Latents(table, manifest);
      case SAMPLES, QUARANTINE ->
          throw new InvalidDatasetException(
              table
                  + " is a table of "
                  + manifest.kind().label()
                  + " (expected: images, codes or latents)");
    };
  }

  abstract RowFormat<R> format();

  /** Columns of the Parquet files that {@code columns} need. */
  abstract List<String> stored();

  abstract long id(R row);

  abstract Integer label(R row);

  /** Writes the row's own column, whichever the kind has. */
  abstract void putContent(R row, ByteBuffer target);

  /** Writes exactly the column's width at the target's position. */
  void put(R row, Column column, ByteBuffer target) {
    target.order(ByteOrder.LITTLE_ENDIAN);
    switch (column) {
      case LABEL -> target.putInt(checkedLabel(row));
      case ID -> target.putLong(id(row));
      case PIXELS, CODES, LATENT -> putContent(row, target);
    }
  }

  /** -1 without a label. */
  private int checkedLabel(R row) {
    Integer label = label(row);
    if (label == null) {
      return -1;
    }
    if (label < 0 || label >= classes) {
      throw wrong(
          id(row),
          "has label " + label + " (expected: one of the " + classes + " of its manifest)");
    }
    return label;
  }

  InvalidDatasetException wrong(long id, String what) {
    return new InvalidDatasetException(
        String.format(
            Locale.ROOT, "%s: row with id %d %s: write the table again", table, id, what));
  }

  @Override
  public void close() {}

  private static final class Images extends RowBytes<ImageRow> {

    private final int size;
    private final ImageDecoder decoder = new ImageDecoder();

    Images(String table, TableManifest manifest) {
      super(table, manifest);
      this.size = manifest.imageSize();
    }

    @Override
    RowFormat<ImageRow> format() {
      return RowFormats.IMAGES;
    }

    @Override
    List<String> stored() {
      return List.of("id", "image", "label");
    }

    @Override
    long id(ImageRow row) {
      return row.id();
    }

    @Override
    Integer label(ImageRow row) {
      return row.label();
    }

    @Override
    void putContent(ImageRow row, ByteBuffer target) {
      RgbImage image;
      try {
        image = decoder.decode(row.bytes());
      } catch (UnreadableImageException e) {
        throw wrong(row.id(), "is not readable (" + e.getMessage() + ")");
      }
      if (image.width() != size || image.height() != size) {
        throw wrong(
            row.id(),
            String.format(
                Locale.ROOT,
                "is %dx%d (expected: %dx%d)",
                image.width(),
                image.height(),
                size,
                size));
      }
      image.putPlanar(target);
    }

    @Override
    public void close() {
      decoder.close();
    }
  }

  private static final class Codes extends RowBytes<CodeRow> {

    private final int length;
    private final int codebook;

    Codes(String table, TableManifest manifest) {
      super(table, manifest);
      this.length = manifest.codes().length();
      this.codebook = manifest.codes().codebookSize();
    }

    @Override
    RowFormat<CodeRow> format() {
      return RowFormats.CODES;
    }

    @Override
    List<String> stored() {
      return List.of("id", "codes", "label");
    }

    @Override
    long id(CodeRow row) {
      return row.id();
    }

    @Override
    Integer label(CodeRow row) {
      return row.label();
    }

    @Override
    void putContent(CodeRow row, ByteBuffer target) {
      if (row.codes().length != length) {
        throw wrong(row.id(), "has " + row.codes().length + " codes (expected: " + length + ")");
      }
      for (int code : row.codes()) {
        if (code < 0 || code >= codebook) {
          throw wrong(row.id(), "has code " + code + " (expected: 0 to " + (codebook - 1) + ")");
        }
        target.putInt(code);
      }
    }
  }

  private static final class Latents extends RowBytes<LatentRow> {

    private final int bytes;

    Latents(String table, TableManifest manifest) {
      super(table, manifest);
      this.bytes = manifest.latents().bytes();
    }

    @Override
    RowFormat<LatentRow> format() {
      return RowFormats.LATENTS;
    }

    @Override
    List<String> stored() {
      return List.of("id", "latent", "label");
    }

    @Override
    long id(LatentRow row) {
      return row.id();
    }

    @Override
    Integer label(LatentRow row) {
      return row.label();
    }

    @Override
    void putContent(LatentRow row, ByteBuffer target) {
      if (row.latent().length != bytes) {
        throw wrong(row.id(), "has " + row.latent().length + " bytes (expected: " + bytes + ")");
      }
      target.put(row.latent());
    }
  }
}
