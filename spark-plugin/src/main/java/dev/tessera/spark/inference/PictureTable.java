package dev.tessera.spark.inference;

import dev.tessera.datasets.InvalidDatasetException;
import dev.tessera.datasets.table.ImageRow;
import dev.tessera.datasets.table.ManifestFile;
import dev.tessera.datasets.table.RowFormats;
import dev.tessera.datasets.table.SampleRow;
import dev.tessera.datasets.table.TableKind;
import dev.tessera.datasets.table.TableManifest;
import dev.tessera.datasets.table.TableReader;
import java.io.Closeable;
import java.io.IOException;
import java.io.Serializable;
import java.util.Locale;
import java.util.function.Supplier;
import org.apache.hadoop.conf.Configuration;

/**
 * A table whose rows hold a picture each: of images or of samples.
 *
 * @param path its folder
 * @param rows its number of rows
 * @param size side of its pictures in pixels
 */
public record PictureTable(String path, TableKind kind, long rows, int size)
    implements Serializable {

  /**
   * Reads what a table is.
   *
   * @throws InvalidDatasetException if it is no complete table of pictures, or an empty one
   */
  public static PictureTable of(Configuration conf, String path) {
    TableManifest manifest = ManifestFile.read(conf, path);
    if (manifest.kind() != TableKind.IMAGES && manifest.kind() != TableKind.SAMPLES) {
      throw new InvalidDatasetException(
          String.format(
              Locale.ROOT,
              "%s is a table of %s (expected: a table of images or samples)",
              path,
              manifest.kind().label()));
    }
    if (manifest.rows() == 0) {
      throw new InvalidDatasetException(path + " holds no pictures");
    }
    return new PictureTable(path, manifest.kind(), manifest.rows(), manifest.imageSize());
  }

  /** A row's picture, still encoded. */
  @SuppressWarnings("ArrayRecordComponent") // Never compared.
  record Picture(long id, byte[] bytes) {}

  /** Rows as they come; closes the table's reader. */
  record Rows(Supplier<Picture> next, Closeable reader) implements Closeable {
    @Override
    public void close() throws IOException {
      reader.close();
    }
  }

  /** Opens rows of the table, all splits; {@code next} is null behind the last. */
  Rows open(Configuration conf, RowRange range) {
    TableManifest manifest = ManifestFile.read(conf, path);
    if (kind == TableKind.IMAGES) {
      TableReader<ImageRow> reader =
          TableReader.open(conf, path, manifest, RowFormats.IMAGES, range.from(), range.to());
      return new Rows(
          () -> {
            ImageRow row = reader.next();
            return row == null ? null : new Picture(row.id(), row.bytes());
          },
          reader);
    }
    TableReader<SampleRow> reader =
        TableReader.open(conf, path, manifest, RowFormats.SAMPLES, range.from(), range.to());
    return new Rows(
        () -> {
          SampleRow row = reader.next();
          return row == null ? null : new Picture(row.id(), row.bytes());
        },
        reader);
  }
}
