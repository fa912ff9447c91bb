package dev.tessera.datasets.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tessera.datasets.InvalidDatasetException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import org.apache.hadoop.conf.Configuration;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.example.data.simple.SimpleGroupFactory;
import org.apache.parquet.hadoop.ParquetWriter;
import org.apache.parquet.hadoop.example.ExampleParquetWriter;
import org.apache.parquet.io.api.Binary;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.MessageTypeParser;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Labels of Parquet files, as the {@code datasets} library and others write them. */
class ParquetLabelsTest {

  private static final String INT_LABEL = "optional int64 label;";

  @TempDir private Path dir;

  private final Readings readings = new Readings();

  private void write(
      String name,
      String columns,
      Map<String, String> meta,
      int rows,
      BiConsumer<Group, Integer> fill)
      throws IOException {
    MessageType schema =
        MessageTypeParser.parseMessageType("message m { optional binary image; " + columns + " }");
    SimpleGroupFactory groups = new SimpleGroupFactory(schema);
    org.apache.hadoop.fs.Path path = new org.apache.hadoop.fs.Path(dir.resolve(name).toUri());
    try (ParquetWriter<Group> writer =
        ExampleParquetWriter.builder(path)
            .withConf(new Configuration())
            .withType(schema)
            .withExtraMetaData(meta)
            .build()) {
      for (int i = 0; i < rows; i++) {
        Group row = groups.newGroup().append("image", Binary.fromString("a picture"));
        fill.accept(row, i);
        writer.write(row);
      }
    }
  }

  private static Map<String, String> classLabel(String column, String... names) {
    String list = "\"" + String.join("\", \"", names) + "\"";
    return Map.of(
        "huggingface",
        "{\"info\": {\"features\": {\""
            + column
            + "\": {\"names\": ["
            + list
            + "], \"_type\": \"ClassLabel\"}}}}");
  }

  private List<String> lines(SourceOptions options) throws IOException {
    return readings.lines(options, dir);
  }

  @Test
  void namesStandInTheFooter() throws Exception {
    write(
        "a.parquet",
        INT_LABEL,
        classLabel("label", "cat", "dog", "owl"),
        3,
        (row, i) -> row.append("label", (long) i - 1));
    assertThat(lines(Readings.guessed()))
        .containsExactly("a.parquet#0 - -", "a.parquet#1 cat -", "a.parquet#2 dog -");
    assertThat(readings.notes()).containsExactly("classes: cat, dog, owl from label");
  }

  @Test
  void filesThatNumberTheirNamesOtherwiseAreOneTable() throws Exception {
    write(
        "a.parquet",
        INT_LABEL,
        classLabel("label", "cat", "dog"),
        2,
        (row, i) -> row.append("label", (long) i));
    write(
        "b.parquet",
        INT_LABEL,
        classLabel("label", "dog", "owl"),
        2,
        (row, i) -> row.append("label", (long) i));
    assertThat(lines(Readings.guessed()))
        .containsExactly(
            "a.parquet#0 cat -", "a.parquet#1 dog -", "b.parquet#0 dog -", "b.parquet#1 owl -");
  }

  @Test
  void noLabelIsMinusOneOrNull() throws Exception {
    write(
        "a.parquet",
        INT_LABEL,
        Map.of(),
        3,
        (row, i) -> {
          if (i < 2) {
            row.append("label", i == 0 ? -1L : 7L);
          }
        });
    assertThat(lines(Readings.guessed()))
        .containsExactly("a.parquet#0 - -", "a.parquet#1 7 -", "a.parquet#2 - -");
  }

  @Test
  void moreValuesThanClassesCanBeAreRefused() throws Exception {
    write(
        "a.parquet",
        "required binary label (STRING);",
        Map.of(),
        100_001,
        (row, i) -> row.append("label", "name " + i));
    assertThatThrownBy(() -> lines(Readings.guessed()))
        .isInstanceOf(InvalidDatasetException.class)
        .hasMessageContaining("column label has more than 100,000 different values")
        .hasMessageContaining("columns.label=none");
    Columns none = new Columns(Columns.AUTO, Columns.NONE, Columns.AUTO, Columns.NONE);
    Listing listing =
        SourceSpec.parse(new Configuration(), List.of(dir.toString()), Readings.columns(none))
            .list(new Configuration());
    assertThat(listing.count()).isEqualTo(100_001);
    assertThat(listing.classNames()).isEmpty();
  }

  @Test
  void rowsOfAGroupSayIt() throws Exception {
    write(
        "a.parquet",
        "optional int32 patient;",
        Map.of(),
        4,
        (row, i) -> row.append("patient", i / 2));
    Columns patient = new Columns(Columns.AUTO, Columns.AUTO, Columns.AUTO, "patient");
    assertThat(readings.of(List.of(dir.toString()), Readings.columns(patient)))
        .extracting(RawImage::group)
        .containsExactly("0", "0", "1", "1");
  }

  @Test
  void foldersOfPartitionByAreLabelsByTheUsualNamesOrTheUsers() throws Exception {
    for (String kind : List.of("a%3Ab", "c", "__HIVE_DEFAULT_PARTITION__")) {
      write("class=" + kind + "/p.parquet", "", Map.of(), 1, (row, i) -> {});
    }
    assertThat(lines(Readings.guessed()))
        .containsExactlyInAnyOrder(
            "class=a%3Ab/p.parquet#0 a:b -",
            "class=c/p.parquet#0 c -", "class=__HIVE_DEFAULT_PARTITION__/p.parquet#0 - -");
    assertThat(readings.notes()).containsExactly("classes: a:b, c from folders");
  }

  @Test
  void foldersOfAnyKeyAreLabelsIfTheUserNamesIt() throws Exception {
    write("kind=x/p.parquet", "", Map.of(), 1, (row, i) -> {});
    write("kind=y/p.parquet", "", Map.of(), 1, (row, i) -> {});
    assertThat(lines(Readings.guessed())).allMatch(line -> line.endsWith(" - -"));
    Columns kind = new Columns(Columns.AUTO, "kind", Columns.AUTO, Columns.NONE);
    assertThat(lines(Readings.columns(kind)))
        .containsExactly("kind=x/p.parquet#0 x -", "kind=y/p.parquet#0 y -");
  }

  @Test
  void splitsAreFoldersBeforeNamesOfFiles() throws Exception {
    write("train/test-run.parquet", "", Map.of(), 1, (row, i) -> {});
    write("test/x.parquet", "", Map.of(), 1, (row, i) -> {});
    assertThat(lines(Readings.guessed()))
        .containsExactly("test/x.parquet#0 - heldout", "train/test-run.parquet#0 - train");
  }
}
