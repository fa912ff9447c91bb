package dev.tessera.jobs.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tessera.datasets.InvalidDatasetException;
import dev.tessera.datasets.table.Subset;
import dev.tessera.jobs.config.RecipeReader;
import dev.tessera.models.UserException;
import dev.tessera.spark.table.TableFrames;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Labels and damage of people's Parquet files. */
class LabelsTest {

  @RegisterExtension static final LocalSpark SPARK = new LocalSpark();

  @TempDir private Path dir;

  /** Eight pictures, with columns made of {@code i}. */
  private void write(String name, String... columns) throws Exception {
    Files.createDirectories(dir.resolve("pictures"));
    for (int i = 0; i < 8; i++) {
      Files.write(dir.resolve("pictures/" + i + ".png"), PictureFiles.encode(10, 10, i, "png"));
    }
    List<String> all = new ArrayList<>(List.of(columns));
    SPARK
        .session()
        .read()
        .format("binaryFile")
        .load(dir + "/pictures")
        .selectExpr("content", "int(substring_index(substring_index(path, '/', -1), '.', 1)) AS i")
        .selectExpr(all.toArray(new String[0]))
        .coalesce(1)
        .write()
        .option("parquet.block.size", "1")
        .parquet(dir + "/" + name);
  }

  private IngestSummary ingest(String in, String out, String... overrides) {
    List<String> all = new ArrayList<>(List.of("size=16", "heldout=0"));
    all.addAll(List.of(overrides));
    return IngestJob.run(
        SPARK.session(),
        RecipeReader.override(IngestRecipe.of(dir + "/" + in, dir + "/" + out), all));
  }

  private List<Integer> labels(String table) {
    return TableFrames.read(SPARK.session(), dir + "/" + table)
        .orderBy("id")
        .collectAsList()
        .stream()
        .map(row -> row.<Integer>getAs("label"))
        .sorted()
        .toList();
  }

  private static final String IMAGE = "struct(content AS bytes, '' AS path) AS image";

  @Test
  void textTruthAndNumbersAreClasses() throws Exception {
    write("text", IMAGE, "IF(i % 2 = 0, 'dog', 'cat') AS label");
    IngestSummary text = ingest("text", "t");
    assertThat(text.manifest().classNames()).containsExactly("cat", "dog");
    assertThat(labels("t")).containsExactly(0, 0, 0, 0, 1, 1, 1, 1);
    write("truth", IMAGE, "i < 3 AS label");
    assertThat(ingest("truth", "b").manifest().classNames()).containsExactly("false", "true");
    write("float", IMAGE, "double(i % 3) AS labels");
    assertThat(ingest("float", "f").manifest().classNames()).containsExactly("0", "1", "2");
    // Names survive another ingest.
    assertThat(ingest("t", "again").manifest().classNames()).containsExactly("cat", "dog");
    assertThat(labels("again")).isEqualTo(labels("t"));
  }

  @Test
  void hugeNumbersCostNoMoreThanTheyAre() throws Exception {
    write("huge", IMAGE, "IF(i = 0, 2000000000, bigint(pow(2, 40)) + i % 2) AS label");
    IngestSummary huge = ingest("huge", "h");
    assertThat(huge.manifest().classNames())
        .containsExactly("2000000000", "1099511627776", "1099511627777");
  }

  @Test
  void columnsAreNamedByTheUser() throws Exception {
    write("named", "content AS blob", "'x' AS other", "i % 4 AS kind", "i AS i");
    assertThatThrownBy(() -> ingest("named", "n"))
        .isInstanceOf(InvalidDatasetException.class)
        .hasMessageContaining("columns.image=NAME");
    IngestSummary named = ingest("named", "n", "columns.image=blob", "columns.label=kind");
    assertThat(named.manifest().classNames()).containsExactly("0", "1", "2", "3");
    assertThatThrownBy(() -> ingest("named", "m", "columns.image=blob", "columns.label=nothing"))
        .isInstanceOf(InvalidDatasetException.class)
        .hasMessageContaining("has no column nothing");
  }

  @Test
  void heldOutRowsAreChosenByContent() throws Exception {
    write("same", "struct(content AS bytes, 'same.png' AS path) AS image");
    IngestSummary half = ingest("same", "s", "heldout=0.5");
    assertThat(half.manifest().rows(Subset.TRAIN)).isBetween(1L, 7L);
  }

  @Test
  void damageCostsTheRowsOfItsGroup() throws Exception {
    write("damaged", IMAGE, "i % 2 AS label");
    Path file;
    try (Stream<Path> files = Files.list(dir.resolve("damaged"))) {
      file = files.filter(f -> f.toString().endsWith(".parquet")).findFirst().orElseThrow();
    }
    byte[] bytes = Files.readAllBytes(file);
    for (int i = 8; i < 40; i++) {
      bytes[i] ^= 0x5a;
    }
    Files.write(file, bytes);
    Files.deleteIfExists(file.resolveSibling("." + file.getFileName() + ".crc"));
    Files.createDirectories(dir.resolve("both"));
    Files.move(file, dir.resolve("both/bad.parquet"));
    write("whole", IMAGE, "i % 2 AS label");
    try (Stream<Path> files = Files.list(dir.resolve("whole"))) {
      Files.move(
          files.filter(f -> f.toString().endsWith(".parquet")).findFirst().orElseThrow(),
          dir.resolve("both/good.parquet"));
    }
    IngestSummary summary = ingest("both", "d");
    assertThat(summary.read()).isEqualTo(16);
    assertThat(summary.written() + summary.quarantined()).isEqualTo(16);
    assertThat(summary.written()).isGreaterThanOrEqualTo(8);
    assertThat(summary.lines()).anyMatch(line -> line.contains("damaged Parquet rows, such as"));
  }

  @Test
  void rowsWithoutALabelAreCounted() throws Exception {
    write("some", IMAGE, "IF(i < 3, -1, i) AS label");
    assertThat(ingest("some", "s").lines())
        .contains("  without a class: 3 of 8 rows (no label, or -1)");
    write("none", IMAGE);
    assertThat(ingest("none", "n").lines()).noneMatch(line -> line.contains("without a class"));
  }

  @Test
  void metadataMayBeParquet() throws Exception {
    write("about", "concat(i, '.png') AS file_name", "IF(i % 2 = 0, 'dog', 'cat') AS label");
    Path file;
    try (Stream<Path> files = Files.list(dir.resolve("about"))) {
      file = files.filter(f -> f.toString().endsWith(".parquet")).findFirst().orElseThrow();
    }
    Files.copy(file, dir.resolve("pictures/metadata.parquet"));
    IngestSummary summary = ingest("pictures", "p");
    assertThat(summary.quarantined()).isZero();
    assertThat(summary.manifest().classNames()).containsExactly("cat", "dog");
    assertThat(labels("p")).containsExactly(0, 0, 0, 0, 1, 1, 1, 1);
  }

  @Test
  void theUserSaysWhichFilesAreHeldOut() throws Exception {
    write("any", IMAGE);
    IngestRecipe recipe = IngestRecipe.of(dir + "/pictures", dir + "/held");
    IngestSummary held =
        IngestJob.run(
            SPARK.session(), recipe.selecting(List.of(), List.of(), List.of("[0-2].png"), false));
    assertThat(held.manifest().rows(Subset.HELDOUT)).isEqualTo(3);
    assertThatThrownBy(
            () ->
                IngestJob.run(
                    SPARK.session(), recipe.selecting(List.of(), List.of(), List.of("x*"), true)))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith("--heldout-files x* matches no file of ");
  }
}
