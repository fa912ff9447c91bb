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

  private RowBytes(String table) {
    this.table = table;
  }

  /** For a table of images, codes or latents. */
  static RowBytes<?> of(String table, TableManifest manifest) {
    return switch (manifest.kind()) {
      case IMAGES -> new Images(table, manifest.imageSize());
      case CODES -> new Codes(table, manifest.codes().length());
      case LATENTS -> new Latents(table, manifest.latents().bytes());
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
      case LABEL -> target.putInt(label(row) == null ? -1 : label(row));
      case ID -> target.putLong(id(row));
      case PIXELS, CODES, LATENT -> putContent(row, target);
    }
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

    Images(String table, int size) {
      super(table);
      this.size = size;
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

    Codes(String table, int length) {
      super(table);
      this.length = length;
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
        target.putInt(code);
      }
    }
  }

  private static final class Latents extends RowBytes<LatentRow> {

    private final int bytes;

    Latents(String table, int bytes) {
      super(table);
      this.bytes = bytes;
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
