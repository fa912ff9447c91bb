package dev.tessera.datasets.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tessera.datasets.FaultyFileSystem;
import dev.tessera.datasets.InvalidDatasetException;
import dev.tessera.datasets.table.ParquetScan;
import dev.tessera.datasets.table.RowFormats;
import dev.tessera.datasets.table.TableOutput;
import dev.tessera.datasets.table.TablePartWriter;
import dev.tessera.datasets.table.TestTables;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Nothing that fails or is given up leaves a stream open. */
class OpenStreamsTest {

  private static final Configuration CONF = FaultyFileSystem.configuration();

  @TempDir private Path dir;

  @AfterEach
  void countStreams() {
    assertThat(FaultyFileSystem.openStreams()).isZero();
  }

  @Test
  void aPartGivenUpClosesItsFiles() throws Exception {
    TableOutput output = TableOutput.begin(CONF, "faulty://" + dir + "/t", false);
    TablePartWriter<?> given = half(output);
    assertThat(FaultyFileSystem.openStreams()).isEqualTo(2);
    given.close();
    assertThat(FaultyFileSystem.openStreams()).isZero();
    output.abort(CONF);
    assertThat(dir).isEmptyDirectory();
  }

  @Test
  void aPartWhoseFolderIsGoneClosesItsFilesToo() throws Exception {
    TableOutput output = TableOutput.begin(CONF, "faulty://" + dir + "/t", false);
    TablePartWriter<?> given = half(output);
    output.abort(CONF);
    given.close();
  }

  private static TablePartWriter<?> half(TableOutput output) throws Exception {
    var writer = output.part(CONF, RowFormats.IMAGES, 0, 0, Map.of());
    for (int id = 0; id < 5; id++) {
      writer.write(TestTables.image(id, 8));
    }
    return writer;
  }

  @Test
  void anIdxFileThatShrankIsClosed() throws Exception {
    Path file = dir.resolve("train-images-idx3-ubyte");
    ByteBuffer idx = ByteBuffer.allocate(16 + 10 * 4).putInt(0x803).putInt(10).putInt(2).putInt(2);
    Files.write(file, idx.array());
    IdxSource source = new IdxSource(InputFiles.of("faulty://" + file), true);
    Split second = source.list(CONF).splits(2).get(1);
    Files.write(file, new byte[10]);
    assertThatThrownBy(() -> first(source, second)).isInstanceOf(InvalidDatasetException.class);
    Files.write(file, Arrays.copyOf(idx.array(), 20));
    assertThatThrownBy(() -> first(source, second))
        .isInstanceOf(InvalidDatasetException.class)
        .hasMessageContaining("changed while it was read");
  }

  private static RawImage first(ImageSource source, Split split) throws IOException {
    try (RawImages images = source.open(CONF, split)) {
      return images.next();
    }
  }

  @Test
  void aZipThatBrokeIsClosed() throws Exception {
    Path file = dir.resolve("a.zip");
    try (var zip = new ZipOutputStream(Files.newOutputStream(file))) {
      zip.putNextEntry(new ZipEntry("1.png"));
    }
    ZipSource source =
        new ZipSource(InputFiles.of("faulty://" + file), false, true, Columns.defaults(), "IBM437");
    Split all = source.list(CONF).splits(1).get(0);
    Files.write(file, new byte[500]);
    assertThatThrownBy(() -> first(source, all)).isInstanceOf(InvalidDatasetException.class);
  }

  @Test
  void aParquetFileOfBrokenPagesIsClosed() throws Exception {
    var manifest = TestTables.images(dir + "/t", 10, 1, 8);
    Path file = dir.resolve("t").resolve(manifest.files().get(0).path());
    byte[] bytes = Files.readAllBytes(file);
    Arrays.fill(bytes, 4, bytes.length / 2, (byte) 0x5a);
    Files.write(file, bytes);
    var path = new org.apache.hadoop.fs.Path("faulty://" + file);
    assertThatThrownBy(() -> new ParquetScan(CONF, path, List.of("id", "image"), 3, 5))
        .isInstanceOf(Exception.class);
  }
}
