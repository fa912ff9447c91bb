package dev.tessera.jobs.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.tessera.datasets.InvalidDatasetException;
import dev.tessera.jobs.AtTheTerminal;
import dev.tessera.jobs.SmallChain;
import dev.tessera.models.UserException;
import dev.tessera.models.checkpoint.DType;
import dev.tessera.models.checkpoint.NamedTensor;
import dev.tessera.models.checkpoint.SafetensorsWriter;
import dev.tessera.models.evaluation.Estimate;
import dev.tessera.models.evaluation.Metric;
import dev.tessera.models.graph.Precision;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.Tensor;
import dev.tessera.models.graph.Trace;
import dev.tessera.models.runtime.ScriptExport;
import dev.tessera.spark.inference.InferenceDevice;
import dev.tessera.spark.inference.PixelRange;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Two tables of icons, a tokenizer of two steps, and networks as a user brings them. */
@ExtendWith(AtTheTerminal.class)
class EvaluateJobTest {

  private static final int CELLS = 4;

  @TempDir private static Path folder;
  private static SmallChain chain;
  private static SparkSession spark;

  @BeforeAll
  static void make() throws Exception {
    chain = SmallChain.ingested(folder);
    done("train-tokenizer", "--config", chain.tokenizerRecipe().toString());
    ingest("others", 120, 16);
    ingest("larger", 60, 32);
    network("features.pt", CELLS * CELLS * 3);
    network("five.pt", 5);
    Files.writeString(folder.resolve("text.pt"), "no network");
    ingest("few", 20, 16);
    // Each command ends its session.
    done(
        "evaluate",
        "--reference",
        chain.images(),
        "--features",
        folder + "/features.pt",
        "--save-statistics",
        folder + "/images.safetensors",
        "batch=16");
    spark = SparkSession.builder().master("local[2]").getOrCreate();
  }

  @AfterAll
  static void stop() {
    spark.stop();
  }

  private static void ingest(String name, int count, int size) {
    done(
        "ingest",
        "--input",
        "icons:?count=" + count + "&seed=9",
        "--output",
        folder + "/" + name,
        "size=" + size);
  }

  private static void done(String... arguments) {
    AtTheTerminal.Ended ended = AtTheTerminal.run(arguments);
    assertThat(ended.code()).as(ended.error()).isZero();
  }

  /** Pictures uint8 [n, 3, 16, 16] to the first of their means over cells of 4 x 4 pixels. */
  private static void network(String name, int features) throws Exception {
    Trace trace = new Trace("network", Precision.FP32);
    Tensor pictures =
        trace.input("pictures", dev.tessera.models.graph.DType.UINT8, Shape.of(2, 3, 16, 16));
    Tensor means =
        pictures.cast(dev.tessera.models.graph.DType.FLOAT32).mul(1 / 255.0).avgPool(16 / CELLS);
    Tensor flat = means.reshape(2, 3 * CELLS * CELLS);
    try (OutputStream out = Files.newOutputStream(folder.resolve(name))) {
      ScriptExport.write(out, trace.finish(flat.narrow(1, 0, features)), Map.of());
    }
  }

  private static EvaluateSettings settings(
      int partitions, int batch, List<Metric> metrics, boolean paired) {
    EvaluateSettings d = EvaluateSettings.defaults();
    return new EvaluateSettings(
        metrics,
        paired,
        PixelRange.UINT8,
        0,
        d.resize(),
        List.of(),
        List.of(),
        true,
        1000,
        batch,
        partitions,
        InferenceDevice.CPU);
  }

  private static Optional<String> file(String name) {
    return name == null ? Optional.empty() : Optional.of(folder.resolve(name).toString());
  }

  private static EvaluateReport run(
      String input, String reference, String statistics, String features, EvaluateSettings how) {
    return new EvaluateJob(spark)
        .run(
            new EvaluateRequest(
                file(input),
                file(reference),
                file(statistics),
                file(features),
                Optional.empty(),
                features == null ? Optional.empty() : file("five.pt"),
                Optional.empty(),
                how));
  }

  @Test
  void allMetricsAreTheSameHoweverTheWorkIsDivided() {
    List<Map<String, Estimate>> all = new ArrayList<>();
    for (int partitions : new int[] {1, 3, 8}) {
      EvaluateReport report =
          run("others", "images", null, "features.pt", settings(partitions, 16, List.of(), false));
      all.add(report.values());
      assertThat(report.values())
          .containsOnlyKeys(
              "frechet", "kernel", "precision", "recall", "inception score", "sliced wasserstein");
      assertThat(report.warnings()).isEmpty();
    }
    all.get(0)
        .forEach(
            (name, first) ->
                all.forEach(
                    values -> {
                      // Moments agree to 1e-12; the root of a vanishing eigenvalue widens that.
                      double rounding = name.equals("frechet") ? 1e-10 : 1e-12;
                      double value = values.get(name).value();
                      assertThat(value)
                          .as(name)
                          .isCloseTo(first.value(), within(rounding * (1 + Math.abs(value))));
                    }));
    assertThat(all.get(0).get("frechet").value()).isPositive();
    assertThat(all.get(0).get("inception score").value()).isBetween(1.0, 5.0);
  }

  @Test
  void aTableIsAtNoDistanceFromItself() {
    Map<String, Estimate> values =
        run("images", "images", null, "features.pt", settings(0, 16, List.of(), true)).values();
    assertThat(values.get("frechet").value()).isCloseTo(0, within(1e-6));
    assertThat(values.get("precision").value()).isEqualTo(1);
    assertThat(values.get("recall").value()).isEqualTo(1);
    assertThat(values.get("sliced wasserstein").value()).isZero();
    assertThat(values.get("psnr").value()).isInfinite();
    assertThat(values.get("ssim").value()).isCloseTo(1, within(1e-12));
  }

  @Test
  void savedStatisticsStandForTheirTable() {
    EvaluateSettings how = settings(2, 16, List.of(), false);
    Map<String, Estimate> byTable = run("others", "images", null, "features.pt", how).values();
    Map<String, Estimate> byFile =
        run("others", null, "images.safetensors", "features.pt", how).values();
    for (String name : List.of("frechet", "kernel", "precision", "recall", "inception score")) {
      double value = byTable.get(name).value();
      assertThat(byFile.get(name).value()).as(name).isCloseTo(value, within(1e-10));
    }
    assertThat(byFile).doesNotContainKey("sliced wasserstein");
    assertThatThrownBy(() -> run("others", null, "images.safetensors", "five.pt", how))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("was made with other features");
  }

  /** Of somebody else: no metadata, no features; then with another number of them. */
  @Test
  void aStrangersStatisticsNeedMeanAndCovarianceAlone() throws Exception {
    stranger("stranger.safetensors", 5);
    EvaluateSettings how = settings(2, 16, List.of(), false);
    assertThat(run("others", null, "stranger.safetensors", "five.pt", how).values())
        .containsOnlyKeys("frechet", "inception score");
    EvaluateSettings asked = settings(2, 16, List.of(Metric.Kernel.defaults()), false);
    assertThatThrownBy(() -> run("others", null, "stranger.safetensors", "five.pt", asked))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith("metrics: kernel (expected: a reference that holds features");
    assertThatThrownBy(() -> run("others", null, "stranger.safetensors", "features.pt", how))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "The reference has 5 features and the pictures 48: use statistics of the same network.");
  }

  private static void stranger(String name, int d) throws Exception {
    ByteBuffer mean = ByteBuffer.allocate(8 * d).order(ByteOrder.LITTLE_ENDIAN);
    ByteBuffer covariance = ByteBuffer.allocate(8 * d * d).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < d; i++) {
      covariance.putDouble(8 * (i * d + i), 1);
    }
    try (var out = Channels.newChannel(Files.newOutputStream(folder.resolve(name)))) {
      SafetensorsWriter.write(
          out,
          Map.of(),
          List.of(
              NamedTensor.of("mean", DType.F64, mean, d),
              NamedTensor.of("covariance", DType.F64, covariance, d, d)));
    }
  }

  @Test
  void aTokenizersEncoderGivesFeaturesWithoutAnyDownload() {
    EvaluateReport report =
        new EvaluateJob(spark)
            .run(
                new EvaluateRequest(
                    file("others"),
                    file("images"),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.of(chain.tokenizerRun()),
                    Optional.empty(),
                    Optional.empty(),
                    settings(2, 16, List.of(), false)));
    assertThat(report.values().get("frechet").value()).isPositive();
    // Mean and deviation of the latents' 4 channels.
    assertThat(report.fields()).containsEntry("features", 8);
  }

  @Test
  void fewerPicturesThanFeaturesAreMeasuredWithAWarning() {
    EvaluateReport report =
        run("few", "images", null, "features.pt", settings(1, 16, List.of(), false));
    assertThat(report.warnings())
        .singleElement()
        .asString()
        .startsWith("input has 20 pictures for 48 features: its covariance is singular");
  }

  @Test
  void whatCannotBeComparedIsRefused() {
    EvaluateSettings all = settings(1, 16, List.of(), false);
    assertThatThrownBy(() -> run("images", "larger", null, "features.pt", all))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("holds pictures of 16 pixels");
    assertThatThrownBy(() -> run("images", "others", null, null, settings(1, 16, List.of(), true)))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("has 96 pictures and");
    assertThatThrownBy(() -> run("images", "others", null, "text.pt", all))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("text.pt is no TorchScript file");
    assertThatThrownBy(() -> run("runs", "others", null, null, all))
        .isInstanceOf(InvalidDatasetException.class)
        .hasMessageContaining("is not a complete table");
    EvaluateSettings frechet = settings(1, 16, List.of(new Metric.Frechet()), false);
    assertThatThrownBy(() -> run("images", "others", null, null, frechet))
        .hasMessage(
            "metrics: frechet (expected: --features FILE or --tokenizer CHECKPOINT with it)");
    assertThatThrownBy(() -> run("images", null, null, null, all))
        .hasMessageStartingWith("Nothing can be measured of the pictures alone");
  }
}
