package dev.tessera.jobs.demo;

import dev.tessera.datasets.image.ImageDecoder;
import dev.tessera.datasets.image.RgbImage;
import dev.tessera.datasets.image.UnreadableImageException;
import dev.tessera.datasets.table.ImageRow;
import dev.tessera.datasets.table.ManifestFile;
import dev.tessera.datasets.table.RowFormats;
import dev.tessera.datasets.table.SampleRow;
import dev.tessera.datasets.table.TableManifest;
import dev.tessera.datasets.table.TableReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.hadoop.conf.Configuration;

/** Some pictures of a table as numbers 0 to 1, one row after the other. */
@SuppressWarnings("ArrayRecordComponent") // Never compared or hashed.
record Pictures(float[] values, int dimensions) {

  int count() {
    return values.length / dimensions;
  }

  /** The pictures {@code [from, to)}. */
  Pictures slice(int from, int to) {
    return new Pictures(Arrays.copyOfRange(values, from * dimensions, to * dimensions), dimensions);
  }

  /** Every {@code stride}-th of the rows {@code [from, to)} of an image table. */
  static Pictures images(Configuration conf, String table, long from, long to, long stride) {
    TableManifest manifest = ManifestFile.read(conf, table);
    List<byte[]> encoded = new ArrayList<>();
    try (TableReader<ImageRow> reader =
        TableReader.open(conf, table, manifest, RowFormats.IMAGES, from, to)) {
      long at = 0;
      for (ImageRow row = reader.next(); row != null; row = reader.next()) {
        if (at++ % stride == 0) {
          encoded.add(row.bytes());
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return decoded(encoded, manifest.imageSize());
  }

  /** All pictures of a sample table. */
  static Pictures samples(Configuration conf, String table) {
    TableManifest manifest = ManifestFile.read(conf, table);
    List<byte[]> encoded = new ArrayList<>();
    try (TableReader<SampleRow> reader =
        TableReader.open(conf, table, manifest, RowFormats.SAMPLES, 0, manifest.rows())) {
      for (SampleRow row = reader.next(); row != null; row = reader.next()) {
        encoded.add(row.bytes());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return decoded(encoded, manifest.imageSize());
  }

  private static Pictures decoded(List<byte[]> encoded, int size) {
    int dimensions = RgbImage.CHANNELS * size * size;
    float[] values = new float[encoded.size() * dimensions];
    try (ImageDecoder decoder = new ImageDecoder()) {
      int at = 0;
      for (byte[] bytes : encoded) {
        for (byte value : decoder.decode(bytes).pixels()) {
          values[at++] = (value & 0xff) / 255f;
        }
      }
    } catch (UnreadableImageException e) {
      throw new IllegalStateException("a table holds an unreadable picture: " + e.getMessage(), e);
    }
    return new Pictures(values, dimensions);
  }
}
