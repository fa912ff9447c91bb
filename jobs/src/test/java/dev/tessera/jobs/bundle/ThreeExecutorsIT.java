package dev.tessera.jobs.bundle;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A run on three executors that takes two of them, and a rank that is stopped past the deadline:
 * its process is there and says nothing, as one whose machine hangs.
 */
class ThreeExecutorsIT {

  private static final String RECIPE =
      """
      type: tokenizer
      name: small
      data: %1$s/images
      model: {network: {patch: 2, channels: 8, multipliers: [1, 2], blocks: 1, attention: false}}
      schedule: {batch: 8, shards: 4, images: 10000000, checkpoint-images: 64}
      ranks: {count: 0}
      output: {runs: %1$s/runs}
      """;

  private static final String SLOTS =
      "slots      3; 2 are used and 1 idles: ranks.count=0 takes a power of two, at most"
          + " schedule.shards=4";

  @TempDir private Path folder;
  private Process process;
  private OptionalLong stopped = OptionalLong.empty();

  private void start(String... arguments) throws IOException {
    List<String> words = new ArrayList<>(List.of("setsid", System.getProperty("tessera.launcher")));
    words.addAll(List.of(arguments));
    ProcessBuilder builder =
        new ProcessBuilder(words)
            .directory(folder.toFile())
            .redirectOutput(folder.resolve("out").toFile())
            .redirectError(folder.resolve("err").toFile());
    builder.environment().remove("SPARK_HOME");
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    process = builder.start();
  }

  private void train(String... settings) throws Exception {
    Path recipe = folder.resolve("recipe.yaml");
    Files.writeString(recipe, RECIPE.formatted(folder));
    start("ingest", "--input", "icons:?count=80", "--output", folder + "/images", "size=16");
    assertThat(process.waitFor(3, TimeUnit.MINUTES)).isTrue();
    assertThat(process.exitValue()).as(text("err")).isZero();
    List<String> words =
        new ArrayList<>(List.of("train-tokenizer", "--master", "local-cluster[3,1,1024]"));
    for (String setting : settings) {
      words.addAll(List.of("--conf", setting));
    }
    words.addAll(List.of("--conf", "spark.executor.memory=512m"));
    words.addAll(List.of("--driver-memory", "512m", "--config", recipe.toString()));
    start(words.toArray(String[]::new));
    // The report follows a complete checkpoint.
    await(() -> Files.exists(folder.resolve("runs/0001-small/report.html")));
  }

  /** Executors are this process's too, and one of them may be stopped. */
  @AfterEach
  void endWhatIsLeft() throws Exception {
    List<ProcessHandle> all = new ArrayList<>(process.descendants().toList());
    all.add(process.toHandle());
    // Where the driver has gone without it.
    stopped.ifPresent(pid -> ProcessHandle.of(pid).ifPresent(all::add));
    all.forEach(ProcessHandle::destroyForcibly);
    process.waitFor(1, TimeUnit.MINUTES);
  }

  private void await(BooleanSupplier condition) throws InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.MINUTES.toNanos(3);
    while (!condition.getAsBoolean()) {
      assertThat(process.isAlive()).as("still runs: %s", text("err")).isTrue();
      assertThat(System.nanoTime()).as(text("out")).isLessThan(deadline);
      TimeUnit.MILLISECONDS.sleep(50);
    }
  }

  private String text(String name) {
    try {
      return Files.readString(folder.resolve(name)).replaceAll("(?m)^Picked up \\w+: .*\\R", "");
    } catch (IOException e) {
      return "";
    }
  }

  private long stopRank(int rank) throws Exception {
    JsonNode ranks =
        new ObjectMapper().readTree(folder.resolve("runs/0001-small/ranks.json").toFile());
    assertThat(ranks).hasSize(2);
    long pid = ranks.get(rank).get("pid").asLong();
    stopped = OptionalLong.of(pid);
    new ProcessBuilder("kill", "-STOP", Long.toString(pid)).start().waitFor();
    return pid;
  }

  @Test
  void aRunOnTwoOfThreeIsToldSoAndOneThatIsGivenUpEndsInASentenceWithoutATrace() throws Exception {
    train(
        "spark.tessera.stallWarning=2s",
        "spark.tessera.failureTimeout=6s",
        "spark.tessera.maxAttempts=1");
    assertThat(text("out")).contains(SLOTS).contains("ranks      2 on the CPU");
    stopRank(1);

    assertThat(process.waitFor(2, TimeUnit.MINUTES)).isTrue();
    assertThat(process.exitValue()).as(text("err")).isEqualTo(1);
    // What Spark prints of a stage that failed is left to --debug.
    assertThat(text("err") + text("out")).doesNotContain("\tat ", "org.apache.spark", "Exception");
    assertThat(text("err").lines().filter(line -> line.contains(" failed: ")))
        .singleElement()
        .asString()
        .matches("tessera train-tokenizer failed: small was given up after 1 attempt: rank 0 .*");
    assertThat(text("err")).contains("rank 1", "(--debug shows the trace)");
    assertThat(text("err").lines()).hasSizeLessThan(4);
  }

  @Test
  void theIdleOneTakesTheStoppedOnesPlace() throws Exception {
    train("spark.tessera.stallWarning=2s", "spark.tessera.failureTimeout=6s");
    long pid = stopRank(1);
    await(() -> text("out").contains("attempt 2 goes on from "));

    assertThat(text("out"))
        .containsPattern("going on from [1-9]\\d* images on \\[rank 0 .*, rank 1 .*]")
        .doesNotContainPattern("going on from .*pid " + pid + "\\)");
    assertThat(text("err") + text("out")).doesNotContain("\tat ");
  }
}
