package dev.tessera.spark.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tessera.datasets.InvalidDatasetException;
import dev.tessera.datasets.table.CodeInfo;
import dev.tessera.datasets.table.CodeRow;
import dev.tessera.datasets.table.RowFormats;
import dev.tessera.datasets.table.Subset;
import dev.tessera.datasets.table.TableContent;
import dev.tessera.datasets.table.TableManifest;
import dev.tessera.datasets.table.TableOutput;
import dev.tessera.datasets.table.TablePart;
import dev.tessera.datasets.table.TablePartWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.TaskContext;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TableStageTest {

  private static final int ROWS_PER_TASK = 5;

  private static SparkSession spark;

  @TempDir private Path dir;

  @BeforeAll
  static void start() {
    // Three attempts a task: without them local mode never retries.
    spark =
        SparkSession.builder()
            .master("local[2,3]")
            .config("spark.ui.enabled", false)
            .config("spark.driver.bindAddress", "127.0.0.1")
            .config("spark.driver.host", "127.0.0.1")
            .getOrCreate();
  }

  @AfterAll
  static void stop() {
    spark.stop();
  }

  @Test
  void retriedTasksChangeNothing() {
    TableManifest calm = write("calm", -1);
    TableManifest stormy = write("stormy", 2);
    assertThat(stormy.files()).isEqualTo(calm.files());
    assertThat(dir.resolve("stormy").toFile().list())
        .containsExactlyInAnyOrder(
            ".huggingface.yaml", "split=train", "split=heldout", "_manifest.json");
  }

  @Test
  void framesHoldTheRowsOfTheTable() {
    write("t", -1);
    List<Long> ids =
        TableFrames.read(spark, path("t")).select("id").collectAsList().stream()
            .map(row -> row.getLong(0))
            .sorted()
            .toList();
    assertThat(ids)
        .isEqualTo(IntStream.range(0, 7 * ROWS_PER_TASK).mapToObj(i -> (long) i).toList());
    assertThat(TableFrames.read(spark, path("t")).schema().simpleString())
        .isEqualTo("struct<id:bigint,codes:array<int>,label:int,caption:string,split:string>");
    assertThat(TableFrames.quarantine(spark, path("t")).count()).isZero();
  }

  @Test
  void aTasksSentenceReachesTheDriverAlone() {
    assertThatThrownBy(
            () ->
                TableStage.run(
                    spark,
                    "test",
                    List.of(0, 1),
                    (Integer share, TaskTables tables) -> {
                      throw new InvalidDatasetException("x.parquet is damaged: write it again");
                    }))
        .isInstanceOf(InvalidDatasetException.class)
        .hasMessage("x.parquet is damaged: write it again");
  }

  @Test
  void aFailedStageAbortsToNothing() {
    Configuration conf = spark.sparkContext().hadoopConfiguration();
    TableOutput output = TableOutput.begin(conf, path("t"), false);
    assertThatThrownBy(
            () ->
                TableStage.run(
                    spark,
                    "test",
                    List.of(0, 1, 2),
                    (Integer share, TaskTables tables) -> {
                      TablePart part = writeShare(share, output, tables);
                      if (share == 1) {
                        throw new IOException("the disk is on fire");
                      }
                      return part;
                    }))
        .hasMessageContaining("the disk is on fire");
    output.abort(conf);
    assertThat(dir).isEmptyDirectory();
  }

  @Test
  void onlyWhatAWriteMeetsIsToldAsOne() {
    Configuration conf = spark.sparkContext().hadoopConfiguration();
    TableOutput output = TableOutput.begin(conf, path("t"), false);
    assertThatThrownBy(() -> fail(output, true, "No space left on device"))
        .isInstanceOf(InvalidDatasetException.class)
        .hasMessageContainingAll("Cannot write ", "/t (No space left on device)", "make room");
    assertThatThrownBy(() -> fail(output, true, "in.bin: Operation not permitted"))
        .hasMessageContaining("in.bin")
        .hasMessageNotContaining("Cannot write");
    assertThatThrownBy(() -> fail(output, false, "No space left on device"))
        .hasMessageNotContaining("Cannot write");
    output.abort(conf);
  }

  /**
   * A missing permission says the same of what is read; here it is met by a writer, whoever runs
   * the test: a file stands where its folder should be.
   */
  @Test
  void whatAWriterMeetsIsToldAsAWriteWhateverItSays() throws IOException {
    Configuration conf = spark.sparkContext().hadoopConfiguration();
    TableOutput output = TableOutput.begin(conf, path("t"), false);
    Path staging;
    try (Stream<Path> entries = Files.list(dir.resolve("t"))) {
      staging =
          entries
              .filter(path -> path.getFileName().toString().startsWith("_temporary-"))
              .findFirst()
              .orElseThrow();
    }
    Files.delete(staging);
    Files.createFile(staging);
    assertThatThrownBy(
            () ->
                TableStage.run(
                    spark,
                    "test",
                    List.of(0),
                    (Integer share, TaskTables tables) -> writeShare(share, output, tables)))
        .isInstanceOf(InvalidDatasetException.class)
        .hasMessageMatching("Cannot write \\S+/t \\(.*\\): make room or mend the path, or .*");
    output.abort(conf);
  }

  private static void fail(TableOutput output, boolean writes, String reason) {
    TableStage.run(
        spark,
        "test",
        List.of(0),
        (Integer share, TaskTables tables) -> {
          if (writes) {
            writeShare(share, output, tables);
          }
          throw new IllegalStateException("wrapped", new IOException(reason));
        });
  }

  @Test
  void anInterruptedCallerStaysSoWhileTheSessionLives() {
    Object unserializable = new Object();
    Thread.currentThread().interrupt();
    try {
      assertThatThrownBy(
              () ->
                  TableStage.run(
                      spark,
                      "test",
                      List.of(0),
                      (Integer share, TaskTables tables) -> unserializable.hashCode()))
          .hasStackTraceContaining("serializable");
    } finally {
      assertThat(Thread.interrupted()).isTrue();
    }
  }

  /** Attempts below {@code failures} fail after they have written everything. */
  private TableManifest write(String name, int failures) {
    Configuration conf = spark.sparkContext().hadoopConfiguration();
    TableOutput output = TableOutput.begin(conf, path(name), false);
    List<TablePart> parts =
        TableStage.run(
            spark,
            "test",
            List.of(0, 1, 2, 3, 4, 5, 6),
            (Integer share, TaskTables tables) -> {
              TablePart part = writeShare(share, output, tables);
              if (TaskContext.get().attemptNumber() < Math.min(failures, share)) {
                throw new IOException("lost just before the end");
              }
              return part;
            });
    TableContent content =
        TableContent.codes(8, List.of(), new CodeInfo(8, 1, 2, 1, 8), null, Map.of());
    return output.commit(conf, parts, content);
  }

  private static TablePart writeShare(int share, TableOutput output, TaskTables tables)
      throws IOException {
    TablePartWriter<CodeRow> writer = tables.open(output, RowFormats.CODES);
    for (int i = 0; i < ROWS_PER_TASK; i++) {
      int id = share * ROWS_PER_TASK + i;
      Subset split = id % 4 == 3 ? Subset.HELDOUT : Subset.TRAIN;
      writer.write(new CodeRow(id, new int[] {id % 8, 1}, null, "row " + id, split));
    }
    return writer.finish();
  }

  private String path(String name) {
    return dir.resolve(name).toString();
  }
}
