package dev.tessera.jobs.tokenizer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tessera.datasets.InvalidDatasetException;
import dev.tessera.datasets.table.ImageRow;
import dev.tessera.datasets.table.ManifestFile;
import dev.tessera.datasets.table.RowFormats;
import dev.tessera.datasets.table.Subset;
import dev.tessera.datasets.table.TableContent;
import dev.tessera.datasets.table.TableManifest;
import dev.tessera.datasets.table.TableOutput;
import dev.tessera.datasets.table.TablePart;
import dev.tessera.datasets.table.TablePartWriter;
import dev.tessera.jobs.AtTheTerminal;
import dev.tessera.jobs.SmallChain;
import dev.tessera.jobs.run.Grid;
import dev.tessera.models.UserException;
import dev.tessera.models.runtime.TorchRuntime;
import dev.tessera.spark.inference.InferenceDevice;
import dev.tessera.spark.inference.InferencePrecision;
import dev.tessera.spark.table.TableStage;
import dev.tessera.spark.table.TaskTables;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@ExtendWith(AtTheTerminal.class)
class TokenizeJobTest {

  private static final int DAMAGED = 17;

  @TempDir private static Path folder;
  private static SmallChain chain;
  private static SparkSession spark;

  @BeforeAll
  static void trainATokenizer() throws Exception {
    chain = SmallChain.ingested(folder);
    AtTheTerminal.Ended ended =
        AtTheTerminal.run("train-tokenizer", "--config", chain.tokenizerRecipe().toString());
    assertThat(ended.code()).as(ended.error()).isZero();
    spark = SparkSession.builder().master("local[2]").getOrCreate();
  }

  @AfterAll
  static void stop() {
    spark.stop();
  }

  private static TokenizeSettings settings(int partitions, int measured) {
    return settings(partitions, measured, InferenceDevice.CPU, InferencePrecision.FP32);
  }

  private static TokenizeSettings settings(
      int partitions, int measured, InferenceDevice device, InferencePrecision precision) {
    return new TokenizeSettings(partitions, true, device, precision, 8, measured, true, 0);
  }

  private static TokenizeSummary tokenize(String images, String name, TokenizeSettings settings) {
    return new TokenizeJob(spark)
        .run(chain.tokenizerRun(), images, folder.resolve(name).toString(), settings);
  }

  /** A job fails as soon as one of its tasks does, while the others are still being ended. */
  private static void noStageIsLeft() throws InterruptedException {
    for (Thread thread : Thread.getAllStackTraces().keySet()) {
      if (thread.getName().matches("tessera-task-.*-(read|(write|decode)-[0-9]+)")) {
        thread.join(30_000);
        assertThat(thread.isAlive()).as(thread.getName()).isFalse();
      }
    }
  }

  @Test
  void contentAndMeasuresAreTheSameBitsHoweverTheWorkIsDivided() throws Exception {
    List<List<Object>> contents = new ArrayList<>();
    for (int partitions : new int[] {1, 3, 7}) {
      TokenizeSummary summary =
          tokenize(chain.images(), "tokens-" + partitions, settings(partitions, 1));
      TableManifest codes = summary.codes();
      TableManifest latents = ManifestFile.read(new Configuration(), summary.output() + "/latents");
      contents.add(
          List.of(
              codes.contentChecksum(),
              latents.contentChecksum(),
              codes.codes(),
              latents.latents(),
              codes.reconstruction()));
      assertThat(codes.rows()).isEqualTo(96);
      assertThat(summary.stages()).contains("read ", "decode and measure ", "encode ", "write ");
    }
    assertThat(contents).containsOnly(contents.get(0));
    noStageIsLeft();
  }

  @Test
  void severalWritersWriteTheSameRowsInTheSameOrderToBothTables() {
    TokenizeSummary one = tokenize(chain.images(), "one-writer", settings(2, 1));
    TokenizeSettings three =
        new TokenizeSettings(2, true, InferenceDevice.CPU, InferencePrecision.FP32, 8, 1, true, 3);
    TokenizeSummary several = tokenize(chain.images(), "three-writers", three);
    assertThat(several.codes().contentChecksum()).isEqualTo(one.codes().contentChecksum());
    assertThat(several.codes().codes()).isEqualTo(one.codes().codes());
    assertThat(several.codes().reconstruction()).isEqualTo(one.codes().reconstruction());
    assertThat(several.codes().rows()).isEqualTo(96);
    assertThat(manifest(several, "latents").contentChecksum())
        .isEqualTo(manifest(one, "latents").contentChecksum());
    assertThat(ids(several, "latents")).isEqualTo(ids(several, "codes"));
    assertThat(ids(several, "codes"))
        .containsExactlyInAnyOrderElementsOf(ids(one, "codes"))
        .isNotEqualTo(ids(one, "codes"));
  }

  private static TableManifest manifest(TokenizeSummary summary, String table) {
    return ManifestFile.read(new Configuration(), summary.output() + "/" + table);
  }

  /** In the order of the files and of the rows in them. */
  private static List<Long> ids(TokenizeSummary summary, String table) {
    return manifest(summary, table).files().stream()
        .flatMap(
            file ->
                spark
                    .read()
                    .parquet(summary.output() + "/" + table + "/" + file.path())
                    .coalesce(1)
                    .select("id")
                    .collectAsList()
                    .stream()
                    .map(row -> row.getLong(0)))
        .toList();
  }

  @Test
  void whatIsMeasuredDoesNotChangeWhatIsWritten() {
    TableManifest all = tokenize(chain.images(), "all", settings(1, 1)).codes();
    TableManifest some = tokenize(chain.images(), "some", settings(1, 5)).codes();
    TableManifest divided = tokenize(chain.images(), "divided", settings(4, 5)).codes();
    assertThat(some.contentChecksum()).isEqualTo(all.contentChecksum());
    assertThat(some.codes()).isEqualTo(all.codes());
    assertThat(some.reconstruction().psnr()).isPositive().isNotEqualTo(all.reconstruction().psnr());
    assertThat(divided.reconstruction()).isEqualTo(some.reconstruction());
  }

  @Test
  void codesAloneAreTheSameAndStandBesideNoOldLatents() {
    TableManifest both = tokenize(chain.images(), "both", settings(1, 1)).codes();
    TokenizeSettings alone =
        new TokenizeSettings(2, true, InferenceDevice.CPU, InferencePrecision.FP32, 8, 1, false, 0);
    TableManifest codes = tokenize(chain.images(), "codes-alone", alone).codes();
    assertThat(codes.contentChecksum()).isEqualTo(both.contentChecksum());
    assertThat(codes.codes()).isEqualTo(both.codes());
    assertThat(codes.reconstruction()).isEqualTo(both.reconstruction());
    assertThat(folder.resolve("codes-alone/codes/_manifest.json")).exists();
    assertThat(folder.resolve("codes-alone/latents")).doesNotExist();
    assertThatThrownBy(() -> tokenize(chain.images(), "both", alone))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("both/latents is there, and latents=false would leave it");
    assertThat(ManifestFile.read(new Configuration(), folder.resolve("both/codes").toString()))
        .isEqualTo(both);
  }

  @Test
  void anotherPrecisionIsToldInTheManifest() {
    TableManifest codes =
        tokenize(
                chain.images(),
                "half",
                settings(1, 1, InferenceDevice.CPU, InferencePrecision.BF16))
            .codes();
    assertThat(codes.rows()).isEqualTo(96);
    assertThat(codes.provenance()).containsEntry("precision", "bf16");
  }

  @Test
  void aDamagedPictureIsNamedAndNothingIsLeft() throws Exception {
    String images = imagesWithADamagedRow();
    assertThatThrownBy(() -> tokenize(images, "damaged-tokens", settings(2, 1)))
        .isInstanceOf(InvalidDatasetException.class)
        .hasMessageContaining(images)
        .hasMessageContaining("row with id " + DAMAGED + " is not readable");
    assertThat(folder.resolve("damaged-tokens")).doesNotExist();
    noStageIsLeft();
  }

  @Test
  void aTableThatCannotBeWrittenFailsWithItsReason() throws Exception {
    Path tokens = Files.createDirectory(folder.resolve("unwritable"));
    Files.writeString(tokens.resolve("latents"), "a file stands here");
    assertThatThrownBy(() -> tokenize(chain.images(), "unwritable", settings(1, 1)))
        .hasMessageContaining("latents");
    assertThat(tokens.resolve("codes")).doesNotExist();
    noStageIsLeft();
  }

  @Test
  void onAGpuTheSameCodesComeOut() {
    try (TorchRuntime runtime = TorchRuntime.onGpu(0)) {
      assertThat(runtime.onGpu()).isTrue();
    } catch (UserException e) {
      Assumptions.abort("needs a GPU: " + e.getMessage());
    }
    TableManifest cpu = tokenize(chain.images(), "on-cpu", settings(1, 1)).codes();
    for (InferencePrecision precision : InferencePrecision.values()) {
      TableManifest gpu =
          tokenize(
                  chain.images(),
                  "on-gpu-" + precision,
                  settings(1, 1, InferenceDevice.GPU, precision))
              .codes();
      assertThat(gpu.rows()).isEqualTo(cpu.rows());
      assertThat(gpu.codes().perplexity() / cpu.codes().perplexity()).isBetween(0.8, 1.25);
      assertThat(gpu.reconstruction().psnr() - cpu.reconstruction().psnr()).isBetween(-0.5, 0.5);
    }
  }

  /** Forty pictures, one of which is none. */
  private static String imagesWithADamagedRow() {
    byte[] picture = new Grid(16, 16, 1, 1).png(List.of(new byte[3 * 16 * 16]));
    String table = folder.resolve("damaged-images").toString();
    Configuration conf = spark.sparkContext().hadoopConfiguration();
    TableOutput output = TableOutput.begin(conf, table, true);
    List<TablePart> parts =
        TableStage.run(
            spark,
            "test",
            List.of(0),
            (Integer share, TaskTables tables) -> {
              TablePartWriter<ImageRow> rows = tables.open(output, RowFormats.IMAGES);
              for (int id = 0; id < 40; id++) {
                byte[] bytes = id == DAMAGED ? "no picture".getBytes(UTF_8) : picture;
                rows.write(
                    new ImageRow(id, bytes, id + ".png", 16, 16, null, null, "test", Subset.TRAIN));
              }
              return rows.finish();
            });
    output.commit(conf, parts, TableContent.images(16, List.of(), Map.of()));
    return table;
  }
}
