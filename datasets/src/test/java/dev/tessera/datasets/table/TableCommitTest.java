package dev.tessera.datasets.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tessera.datasets.FaultyFileSystem;
import dev.tessera.datasets.InvalidDatasetException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Fails a commit at each of its operations in turn. */
class TableCommitTest {

  private static final Configuration CONF = FaultyFileSystem.configuration();

  @TempDir private Path dir;

  @AfterEach
  void repair() {
    FaultyFileSystem.failBy(FaultyFileSystem.NONE);
    assertThat(FaultyFileSystem.openStreams()).isZero();
  }

  @Test
  void aCommitThatFailsAnywhereLeavesTheOlderTables() throws Exception {
    TableManifest images = TestTables.images("faulty://" + dir + "/out/images", 7, 2, 8);
    TableManifest codes = TestTables.codes("faulty://" + dir + "/out/codes", 7, 2);
    Files.writeString(dir.resolve("out/images/" + TableOutput.PREVIEW), "a picture");
    int failed = 0;
    for (int at = 0; !replaced(at); at++) {
      failed++;
      assertThat(read("images", RowFormats.IMAGES)).isEqualTo(images).isNotNull();
      assertThat(read("codes", RowFormats.CODES)).isEqualTo(codes);
      assertThat(dir.resolve("out/images").toFile().list())
          .containsExactlyInAnyOrder(
              "_manifest.json", ".huggingface.yaml", "split=train", "split=heldout", "_grid.png");
      assertThat(dir.resolve("out/codes").toFile().list())
          .containsExactlyInAnyOrder(
              "_manifest.json", ".huggingface.yaml", "split=train", "split=heldout");
    }
    assertThat(failed).isGreaterThan(10);
    assertThat(read("images", RowFormats.IMAGES).rows()).isEqualTo(3);
    assertThat(read("codes", RowFormats.CODES).rows()).isEqualTo(4);
    assertThat(dir.resolve("out/images").toFile().list())
        .containsExactlyInAnyOrder("_manifest.json", ".huggingface.yaml", "split=train");
  }

  @Test
  void aFirstCommitThatFailsLeavesNothing() throws Exception {
    for (int at = 0; !replaced(at); at++) {
      assertThat(dir).isEmptyDirectory();
    }
    assertThat(read("images", RowFormats.IMAGES).rows()).isEqualTo(3);
  }

  @Test
  void whatCannotBePutBackIsSaidAndKept() throws Exception {
    TestTables.images("faulty://" + dir + "/out/images", 7, 2, 8);
    TestTables.codes("faulty://" + dir + "/out/codes", 7, 2);
    TableOutput output = begin("images");
    TableCommit commit = output.prepare(CONF, images(output), TestTables.content(8));
    AtomicInteger renames = new AtomicInteger();
    failRenames(renames, 1, Integer.MAX_VALUE);
    assertThatThrownBy(() -> TableCommit.publish(List.of(commit)))
        .isInstanceOf(InvalidDatasetException.class)
        .hasMessageContaining("move back by hand")
        .hasMessageContaining("-old");
    FaultyFileSystem.failBy(FaultyFileSystem.NONE);
    output.abort(CONF);
    assertThat(dir.resolve("out/images").toFile().list((d, name) -> name.endsWith("-old")))
        .hasSize(1);
  }

  /** Writes both tables anew, with one operation of the commits failing; false if it failed. */
  private boolean replaced(int at) throws IOException {
    TableOutput images = begin("images");
    TableOutput codes = begin("codes");
    List<TablePart> imageParts = images(images);
    List<TablePart> codeParts = codes(codes);
    AtomicInteger operations = new AtomicInteger();
    failRenames(operations, at, at + 1);
    try {
      TableCommit.publish(
          List.of(
              images.prepare(CONF, imageParts, TestTables.content(8)),
              codes.prepare(CONF, codeParts, codeContent())));
      return true;
    } catch (InvalidDatasetException e) {
      assertThat(e).hasMessageContaining("nothing was changed").hasMessageContaining("the wire");
      FaultyFileSystem.failBy(FaultyFileSystem.NONE);
      codes.abort(CONF);
      images.abort(CONF);
      return false;
    } finally {
      FaultyFileSystem.failBy(FaultyFileSystem.NONE);
    }
  }

  private static void failRenames(AtomicInteger count, int from, int to) {
    FaultyFileSystem.failBy(
        (operation, path) -> {
          boolean counts = operation.equals("rename") || operation.equals("create");
          int now = counts ? count.getAndIncrement() : -1;
          if (now >= from && now < to) {
            throw new IOException("somebody cut the wire");
          }
        });
  }

  private TableOutput begin(String name) {
    return TableOutput.begin(CONF, "faulty://" + dir + "/out/" + name, true);
  }

  private static List<TablePart> images(TableOutput output) throws IOException {
    try (TablePartWriter<ImageRow> writer = output.part(CONF, RowFormats.IMAGES, 0, 0, Map.of())) {
      for (int id = 0; id < 3; id++) {
        writer.write(TestTables.image(id, 8));
      }
      return List.of(writer.finish());
    }
  }

  private static List<TablePart> codes(TableOutput output) throws IOException {
    try (TablePartWriter<CodeRow> writer = output.part(CONF, RowFormats.CODES, 0, 0, Map.of())) {
      for (int id = 0; id < 4; id++) {
        writer.write(new CodeRow(id, new int[] {1, 2, 3, 4}, 0, null, Subset.TRAIN));
      }
      return List.of(writer.finish());
    }
  }

  private static TableContent codeContent() {
    return TableContent.codes(8, List.of("a"), new CodeInfo(64, 2, 2, 1, 30), null, Map.of());
  }

  /** The manifest, after reading all of its rows. */
  private <R> TableManifest read(String name, RowFormat<R> format) throws IOException {
    String table = "faulty://" + dir + "/out/" + name;
    TableManifest manifest = ManifestFile.read(CONF, table);
    List<R> rows = new ArrayList<>();
    try (TableReader<R> reader =
        TableReader.open(CONF, table, manifest, format, 0, manifest.rows())) {
      for (R row = reader.next(); row != null; row = reader.next()) {
        rows.add(row);
      }
    }
    assertThat(rows).hasSize((int) manifest.rows());
    return manifest;
  }
}
