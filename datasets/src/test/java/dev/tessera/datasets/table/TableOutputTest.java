package dev.tessera.datasets.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.tessera.datasets.InvalidDatasetException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TableOutputTest {

  private static final Configuration CONF = new Configuration();

  @TempDir private Path dir;

  @Test
  void readsBackWhatItWrote() throws Exception {
    TableManifest manifest = TestTables.images(path("t"), 23, 3, 8);
    assertThat(manifest.rows(Subset.TRAIN)).isEqualTo(18);
    assertThat(manifest.rows(Subset.HELDOUT)).isEqualTo(5);
    assertThat(ManifestFile.read(CONF, path("t"))).isEqualTo(manifest);
    assertThat(ids(manifest, 0, 23)).hasSize(23).doesNotHaveDuplicates();
    List<Long> all = ids(manifest, 0, 23);
    for (int from = 0; from <= 23; from++) {
      for (int to = from; to <= 23; to += 4) {
        assertThat(ids(manifest, from, to)).isEqualTo(all.subList(from, to));
      }
    }
  }

  @Test
  void duckDbReadsEveryKind() throws Exception {
    TestTables.images(path("images"), 10, 2, 8);
    TestTables.codes(path("codes"), 10, 2);
    TestTables.latents(path("latents"), 10, 2);
    try (Connection duck = DriverManager.getConnection("jdbc:duckdb:");
        Statement sql = duck.createStatement()) {
      assertThat(
              query(
                  sql,
                  "SELECT count(*), sum(label), min(image.path), max(width), count(caption)"
                      + " FROM '"
                      + path("images")
                      + "/split=*/*.parquet'"))
          .isEqualTo("10|7|p0.png|8|0");
      assertThat(
              query(
                  sql,
                  "SELECT sum(codes[1]), max(len(codes)), typeof(any_value(codes)) FROM '"
                      + path("codes")
                      + "/split=*/*.parquet'"))
          .isEqualTo("45|4|INTEGER[]");
      assertThat(
              query(
                  sql,
                  "SELECT min(octet_length(latent)), max(octet_length(latent)) FROM '"
                      + path("latents")
                      + "/split=*/*.parquet'"))
          .isEqualTo("8|8");
      assertThat(
              query(
                  sql,
                  "SELECT count(*) FROM parquet_kv_metadata('"
                      + path("images")
                      + "/split=*/*.parquet') WHERE decode(key) = 'huggingface' AND decode(value) LIKE '%\"image\":{\"_type\":\"Image\"}%'"))
          .isEqualTo("4");
    }
  }

  @Test
  void checksumDoesNotDependOnTheFiles() throws Exception {
    TableManifest one = TestTables.images(path("a"), 20, 1, 8);
    TableManifest seven = TestTables.images(path("b"), 20, 7, 8);
    assertThat(seven.contentChecksum()).isEqualTo(one.contentChecksum());
    assertThat(TestTables.images(path("c"), 21, 7, 8).contentChecksum())
        .isNotEqualTo(one.contentChecksum());
  }

  @Test
  void writesTheSameBytesTwice() throws Exception {
    assertThat(TestTables.images(path("a"), 20, 3, 8).files())
        .isEqualTo(TestTables.images(path("b"), 20, 3, 8).files());
    assertThat(Files.readString(dir.resolve("a/_manifest.json")))
        .isEqualTo(Files.readString(dir.resolve("b/_manifest.json")));
  }

  @Test
  void losingAttemptsLeaveNothing() throws Exception {
    TableOutput output = TableOutput.begin(CONF, path("t"), false);
    List<TablePart> parts = new ArrayList<>();
    for (long attempt = 0; attempt < 3; attempt++) {
      TablePartWriter<ImageRow> writer = output.part(CONF, RowFormats.IMAGES, 0, attempt, Map.of());
      writer.write(TestTables.image(0, 8));
      if (attempt == 1) {
        writer.close();
      } else {
        parts.add(writer.finish());
      }
    }
    output.commit(CONF, parts.subList(1, 2), TestTables.content(8));
    try (Stream<Path> files = Files.walk(dir.resolve("t"))) {
      assertThat(files.filter(Files::isRegularFile).map(p -> p.getFileName().toString()))
          .containsExactlyInAnyOrder(
              "_manifest.json", ".huggingface.yaml", "train-00000-of-00001.parquet");
    }
    // An attempt that outlives the commit cannot bring the staging folder's files back unseen.
    assertThat(dir.resolve("t").toFile().list((d, name) -> name.startsWith("_temporary")))
        .isEmpty();
  }

  @Test
  void abortLeavesNoTrace() throws Exception {
    TableOutput output = TableOutput.begin(CONF, path("deep/er/t"), false);
    output.part(CONF, RowFormats.IMAGES, 0, 0, Map.of()).write(TestTables.image(0, 8));
    output.abort(CONF);
    assertThat(dir).isEmptyDirectory();
  }

  /** A process that is killed as soon as it has begun its output. */
  static final class FirstMoment {
    private FirstMoment() {}

    public static void main(String[] words) {
      TableOutput.begin(CONF, words[0], false);
      Runtime.getRuntime().halt(137);
    }
  }

  @Test
  void whatARunThatDiedInItsFirstMomentLeftGoesWithTheNext() throws Exception {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    Process process =
        new ProcessBuilder(
                java,
                "-cp",
                System.getProperty("java.class.path"),
                FirstMoment.class.getName(),
                path("t"))
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    assertThat(process.waitFor()).isEqualTo(137);
    assertThat(dir.resolve("t").toFile().list())
        .hasSize(2)
        .anyMatch(name -> name.startsWith("_temporary-"))
        .contains("_owner");

    // Without a word of overwriting: it is no table.
    TestTables.images(path("t"), 5, 1, 8);
    assertThat(dir.resolve("t").toFile().list())
        .contains("_manifest.json")
        .doesNotContain("_owner")
        .noneMatch(name -> name.startsWith("_temporary-"));
  }

  @Test
  void abortKeepsAnOlderTable() throws Exception {
    TableManifest old = TestTables.images(path("t"), 5, 1, 8);
    TableOutput.begin(CONF, path("t"), true).abort(CONF);
    assertThat(ManifestFile.read(CONF, path("t"))).isEqualTo(old);
    assertThat(ids(old, 0, 5)).hasSize(5);
  }

  @Test
  void refusesToOverwriteUnasked() throws Exception {
    TestTables.images(path("t"), 5, 1, 8);
    assertThatThrownBy(() -> TableOutput.begin(CONF, path("t"), false))
        .isInstanceOf(InvalidDatasetException.class)
        .hasMessageContaining("exists already")
        .hasMessageContaining("--overwrite");
    Files.createDirectories(dir.resolve("mine"));
    Files.writeString(dir.resolve("mine/thesis.tex"), "years of work");
    assertThatThrownBy(() -> TableOutput.begin(CONF, path("mine"), true))
        .hasMessageContaining("thesis.tex");
    assertThat(dir.resolve("mine/thesis.tex")).exists();
    Files.writeString(dir.resolve("file"), "x");
    assertThatThrownBy(() -> TableOutput.begin(CONF, path("file"), true))
        .hasMessageContaining("is a file");
    assertThatThrownBy(() -> TableOutput.begin(CONF, path("file/t"), false))
        .isInstanceOf(InvalidDatasetException.class);
  }

  @Test
  void aPlaceThatTakesNothingIsTheUsersMistake() throws Exception {
    // Where nobody may make a folder, root included; Hadoop is told no reason.
    assertThatThrownBy(() -> TableOutput.begin(CONF, "/proc/t", false))
        .isInstanceOf(InvalidDatasetException.class)
        .hasMessageStartingWith("Cannot write to ")
        .hasMessageEndingWith("choose another output");

    Path closed = Files.createDirectory(dir.resolve("closed"));
    Files.setPosixFilePermissions(closed, PosixFilePermissions.fromString("r-xr-xr-x"));
    assumeFalse(Files.isWritable(closed), "root may write everywhere");
    // Before Spark starts, without a try.
    for (String place : new String[] {"closed", "closed/a/t"}) {
      assertThatThrownBy(() -> TableOutput.check(CONF, path(place), true))
          .isInstanceOf(InvalidDatasetException.class)
          .hasMessageContaining("this user may not write to " + closed);
    }
  }

  @Test
  void aPlaceThatTakesNoFolderIsKnownBeforeAndATryLeavesNothing() throws Exception {
    // Nobody may make a folder there, root included.
    assertThatThrownBy(() -> TableOutput.check(CONF, "/proc/x/y", false))
        .isInstanceOf(InvalidDatasetException.class)
        .hasMessage(
            "Cannot write to file:/proc/x/y (no folder can be made in /proc): choose another"
                + " output");
    TableOutput.check(CONF, path("not/yet"), false);
    assertThat(dir).isEmptyDirectory();
  }

  @Test
  void aFolderThatIsNotThereIsNotCalledAnIncompleteTable() {
    assertThatThrownBy(() -> ManifestFile.read(CONF, path("none")))
        .isInstanceOf(InvalidDatasetException.class)
        .hasMessage(path("none") + " does not exist: run the job that writes it");
    String whole = java.nio.file.Path.of("no/such").toAbsolutePath().toString();
    assertThatThrownBy(() -> ManifestFile.read(CONF, "no/such"))
        .hasMessage("no/such does not exist (file:" + whole + "): run the job that writes it");
  }

  @Test
  void withoutAManifestThereIsNoTable() throws Exception {
    TestTables.images(path("t"), 5, 1, 8);
    Files.delete(dir.resolve("t/_manifest.json"));
    assertThatThrownBy(() -> ManifestFile.read(CONF, path("t")))
        .isInstanceOf(InvalidDatasetException.class)
        .hasMessageContaining("not a complete table");
    Files.writeString(dir.resolve("t/_manifest.json"), "{\"version\": 99}");
    assertThatThrownBy(() -> ManifestFile.read(CONF, path("t")))
        .hasMessageContaining("version 99 (expected: 1)");
    Files.write(dir.resolve("t/_manifest.json"), "{\"ver".getBytes(StandardCharsets.UTF_8));
    assertThatThrownBy(() -> ManifestFile.read(CONF, path("t"))).hasMessageContaining("damaged");
  }

  @Test
  void tablesOfFormerReleasesAreReadAndReplaced() throws Exception {
    TableManifest manifest = TestTables.images(path("t"), 5, 1, 8);
    Files.move(dir.resolve("t/_manifest.json"), dir.resolve("t/manifest.json"));
    Files.writeString(dir.resolve("t/grid.png"), "a picture");
    assertThat(ManifestFile.isAt(CONF, path("t"))).isTrue();
    assertThat(ManifestFile.read(CONF, path("t"))).isEqualTo(manifest);
    TableOutput output = TableOutput.begin(CONF, path("t"), true);
    TablePartWriter<ImageRow> writer = output.part(CONF, RowFormats.IMAGES, 0, 0, Map.of());
    writer.write(TestTables.image(0, 8));
    output.commit(
        CONF, List.of(writer.finish()), TableContent.images(8, List.of(), Map.of("input", "x")));
    assertThat(ManifestFile.read(CONF, path("t")).rows()).isEqualTo(1);
    assertThat(dir.resolve("t/manifest.json")).doesNotExist();
    assertThat(dir.resolve("t/grid.png")).doesNotExist();
  }

  @Test
  void aMissingOrDamagedFileIsNamed() throws Exception {
    TableManifest manifest = TestTables.images(path("t"), 5, 1, 8);
    Path file = dir.resolve("t").resolve(manifest.files().get(0).path());
    Files.delete(file);
    assertThatThrownBy(() -> ids(manifest, 0, 5))
        .isInstanceOf(InvalidDatasetException.class)
        .hasMessageContaining("train-00000-of-00001.parquet");
  }

  @Test
  void groupsFallOnOneSideInTheAskedProportion() {
    int heldout = 0;
    for (int i = 0; i < 20_000; i++) {
      Subset subset = Subset.assign("picture-" + i, 0.1);
      assertThat(Subset.assign("picture-" + i, 0.1)).isEqualTo(subset);
      heldout += subset == Subset.HELDOUT ? 1 : 0;
    }
    assertThat(heldout).isBetween(1_850, 2_150);
    assertThat(Subset.assign("x", 0)).isEqualTo(Subset.TRAIN);
  }

  private List<Long> ids(TableManifest manifest, long from, long to) throws IOException {
    List<Long> ids = new ArrayList<>();
    try (TableReader<ImageRow> rows =
        TableReader.open(CONF, path("t"), manifest, RowFormats.IMAGES, from, to)) {
      for (ImageRow row = rows.next(); row != null; row = rows.next()) {
        assertThat(row.bytes()).isEqualTo(TestTables.image(row.id(), 8).bytes());
        ids.add(row.id());
      }
    }
    return ids;
  }

  private static String query(Statement sql, String text) throws Exception {
    try (ResultSet result = sql.executeQuery(text)) {
      result.next();
      List<String> values = new ArrayList<>();
      for (int i = 1; i <= result.getMetaData().getColumnCount(); i++) {
        values.add(result.getString(i));
      }
      return String.join("|", values);
    }
  }

  private String path(String name) {
    return dir.resolve(name).toString();
  }
}
