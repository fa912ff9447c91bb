package dev.tessera.jobs.chain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tessera.jobs.TesseraApp;
import dev.tessera.jobs.TesseraResult;
import dev.tessera.jobs.run.RunDirectory;
import dev.tessera.models.UserException;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.fs.Path;
import org.apache.spark.SparkContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Commands in a session that this process began, on two real executors. */
@Timeout(value = 4, unit = TimeUnit.MINUTES)
@ExtendWith(SharedChain.class)
class TesseraAppIT {

  private final Chain chain;

  TesseraAppIT(Chain chain) {
    this.chain = chain;
  }

  @AfterEach
  void theSessionGoesOn() {
    assertThat(chain.spark().sparkContext().isStopped()).isFalse();
    assertThat(chain.spark().range(100).count()).isEqualTo(100);
  }

  private List<String> train(String name, String... overrides) throws Exception {
    Files.writeString(chain.path(name + ".yaml"), Recipes.UNET);
    List<String> words = new ArrayList<>(List.of("train", "--config"));
    words.add(chain.path(name + ".yaml").toString());
    words.add("name=" + name);
    words.add("data=" + chain.images());
    words.add("output.runs=" + chain.path("app-runs"));
    words.add("output.cache=" + chain.path("cache"));
    words.addAll(List.of(overrides));
    return words;
  }

  @Test
  void trainsAndDrawsWithResultsAndWithoutAWordOnStandardOutput() throws Exception {
    List<String> words = train("app");
    List<String> lines = Collections.synchronizedList(new ArrayList<>());
    ByteArrayOutputStream printed = new ByteArrayOutputStream();
    PrintStream before = System.out;
    TesseraResult trained;
    TesseraResult drawn;
    String samples = chain.path("app-samples").toString();
    System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
    try {
      trained = TesseraApp.run(words, lines::add).require();
      drawn =
          TesseraApp.run(
              List.of(
                  "sample",
                  "--checkpoint",
                  trained.runDirectory().orElseThrow(),
                  "--output",
                  samples,
                  "--count",
                  "6"));
    } finally {
      System.setOut(before);
    }

    Outcome outcome =
        new Outcome(
            RunDirectory.open(
                new Path(trained.runDirectory().orElseThrow()),
                chain.spark().sparkContext().hadoopConfiguration()));
    double[] curve = outcome.curve("loss");
    assertThat(trained.metrics().get("loss")).isEqualTo(curve[curve.length - 1]);
    assertThat(trained.metrics()).containsEntry("images", 96.0).containsEntry("step", 6.0);
    assertThat(outcome.text("command.txt")).startsWith("tessera train --config ");
    assertThat(trained.console()).isEqualTo(String.join("\n", lines) + "\n");
    assertThat(trained.console()).contains("report  " + trained.runDirectory().get());
    assertThat(trained.message()).isEmpty();
    assertThat(trained.cause()).isNull();

    assertThat(drawn.exitCode()).as(drawn.console()).isZero();
    assertThat(drawn.outputs())
        .containsExactly("file:" + samples, "file:" + samples + "/_grid.png");
    assertThat(chain.spark().read().parquet(samples).count()).isEqualTo(6);
    assertThat(printed.toString(StandardCharsets.UTF_8)).isEmpty();
  }

  @Test
  void whatIsWrongIsAResultAndLeavesNothing() throws Exception {
    TesseraResult refused = TesseraApp.run(train("wrong", "schedule.batch=7"));

    assertThat(refused.exitCode()).isEqualTo(2);
    assertThat(refused.message()).contains("batch");
    assertThat(refused.console()).isEqualTo("tessera: " + refused.message() + "\n");
    assertThat(refused.runDirectory()).isEmpty();
    assertThat(refused.cause()).isInstanceOf(UserException.class);
    assertThatThrownBy(refused::require)
        .isInstanceOf(UserException.class)
        .hasMessage(refused.message());
    assertThat(Files.exists(chain.path("app-runs/0001-wrong"))).isFalse();
  }

  @Test
  void aSecondCommandAtTheSameTimeIsRefusedAndTheFirstGoesOn() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch seen = new CountDownLatch(1);
    List<String> words = train("first");
    CompletableFuture<TesseraResult> first =
        CompletableFuture.supplyAsync(
            () ->
                TesseraApp.run(
                    words,
                    line -> {
                      begun.countDown();
                      await(seen);
                    }));
    begun.await();
    TesseraResult second = TesseraApp.run(List.of("ingest", "--help"));
    seen.countDown();

    assertThat(second.exitCode()).isEqualTo(2);
    assertThat(second.message())
        .startsWith("another command runs in this process (tessera train --config ");
    assertThat(first.get().exitCode()).as(first.get().console()).isZero();
    assertThat(TesseraApp.run(List.of("ingest", "--help")).console()).contains("--input");
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** As a notebook's Ctrl-C does, and the kill of Spark's page. */
  @Test
  void cancelledJobsEndTheCommandWithoutAnotherAttempt() throws Exception {
    SparkContext spark = chain.spark().sparkContext();
    List<String> words =
        train("cancelled", "schedule.images=1_000_000", "schedule.checkpoint-images=1_000_000");
    Thread canceller =
        new Thread(
            () -> {
              while (!Files.exists(chain.path("app-runs"))
                  || spark.statusTracker().getActiveJobIds().length == 0
                  || !trains()) {
                Thread.onSpinWait();
              }
              spark.cancelAllJobs();
            });
    canceller.setDaemon(true);
    canceller.start();
    TesseraResult result = TesseraApp.run(words);

    assertThat(result.exitCode()).isEqualTo(1);
    assertThat(result.message()).startsWith("cancelled was stopped: its Spark job was cancelled");
    assertThat(result.console()).contains("nothing is kept to go on from");
    assertThat(result.console()).doesNotContain("another starts");
    assertThat(result.runDirectory()).isPresent();
    assertThat(result.metrics()).containsKey("loss");
  }

  /** Whether a step of the run is written down. */
  private boolean trains() {
    try (var runs = Files.list(chain.path("app-runs"))) {
      return runs.filter(run -> run.toString().endsWith("-cancelled"))
          .map(run -> run.resolve("metrics.jsonl"))
          .anyMatch(file -> Files.exists(file) && file.toFile().length() > 0);
    } catch (Exception e) {
      return false;
    }
  }
}
