package dev.tessera.datasets.table;

import dev.tessera.datasets.FaultyFileSystem;
import dev.tessera.datasets.image.Pictures;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.LongFunction;
import org.apache.hadoop.conf.Configuration;

/** Small tables, written in a number of parts as a job would. */
public final class TestTables {

  private static final Configuration CONF = FaultyFileSystem.configuration();

  private TestTables() {}

  public static TableManifest images(String path, int rows, int parts, int size)
      throws IOException {
    return write(path, RowFormats.IMAGES, rows, parts, id -> image(id, size), content(size));
  }

  public static TableManifest codes(String path, int rows, int parts) throws IOException {
    CodeInfo info = new CodeInfo(64, 2, 2, 1, 30);
    return write(
        path,
        RowFormats.CODES,
        rows,
        parts,
        id -> {
          int first = (int) id % 64;
          return new CodeRow(id, new int[] {first, 1, 2, 63}, (int) id % 3, null, split(id));
        },
        TableContent.codes(
            8, List.of("a", "b", "c"), info, new Reconstruction(20, 0.9, 19), Map.of()));
  }

  public static TableManifest latents(String path, int rows, int parts) throws IOException {
    LatentInfo info = new LatentInfo(List.of(1, 2, 2), "float16", 1, 0, 1);
    return write(
        path,
        RowFormats.LATENTS,
        rows,
        parts,
        id -> {
          ByteBuffer values = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
          return new LatentRow(id, values.putLong(id * 31).array(), null, null, split(id));
        },
        TableContent.latents(8, List.of(), info, new Reconstruction(20, 0.9, 19), Map.of()));
  }

  public static ImageRow image(long id, int size) {
    byte[] png = Pictures.png(Pictures.noise(size, size, id));
    int label = (int) (id % 4);
    return new ImageRow(
        id, png, "p" + id + ".png", size, size, label == 3 ? null : label, null, "test", split(id));
  }

  public static TableContent content(int size) {
    return TableContent.images(size, List.of("a", "b", "c"), Map.of("input", "test"));
  }

  static Subset split(long id) {
    return id % 5 == 4 || id == 22 ? Subset.HELDOUT : Subset.TRAIN;
  }

  private static <R> TableManifest write(
      String path,
      RowFormat<R> format,
      int rows,
      int parts,
      LongFunction<R> row,
      TableContent content)
      throws IOException {
    TableOutput output = TableOutput.begin(CONF, path, true);
    List<TablePart> written = new ArrayList<>();
    for (int part = 0; part < parts; part++) {
      try (TablePartWriter<R> writer = output.part(CONF, format, part, part, Map.of())) {
        for (long id = (long) rows * part / parts; id < (long) rows * (part + 1) / parts; id++) {
          writer.write(row.apply(id));
        }
        written.add(writer.finish());
      }
    }
    return output.commit(CONF, written, content);
  }
}
