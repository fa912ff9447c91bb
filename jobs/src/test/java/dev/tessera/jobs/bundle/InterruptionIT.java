package dev.tessera.jobs.bundle;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Ctrl-C and SIGTERM at real processes: what a terminal and a scheduler send. */
class InterruptionIT {

  private static final String RECIPE =
      """
      type: tokenizer
      name: small
      data: %1$s/images
      model: {network: {patch: 2, channels: 8, multipliers: [1, 2], blocks: 1, attention: false}}
      schedule: {batch: 8, shards: 4, images: 10000000, checkpoint-images: 64}
      output: {runs: %1$s/runs}
      """;

  /** Of a machine with other work; on an idle one all are gone after two seconds. */
  private static final long EXECUTORS_GONE_SECONDS = 5;

  @TempDir private Path folder;
  @TempDir private Path temporary;
  private Process process;

  /**
   * In a process group of its own and with the signals of a terminal, as a shell starts a command:
   * whoever runs tests in the background hands on that SIGINT is ignored.
   */
  private void start(String... arguments) throws IOException {
    List<String> words =
        new ArrayList<>(
            List.of(
                "env", "--default-signal=INT", "setsid", System.getProperty("tessera.launcher")));
    words.addAll(List.of(arguments));
    ProcessBuilder builder =
        new ProcessBuilder(words)
            .directory(folder.toFile())
            .redirectOutput(folder.resolve("out").toFile())
            .redirectError(folder.resolve("err").toFile());
    builder.environment().remove("SPARK_HOME");
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    builder.environment().put("TMPDIR", temporary.toString());
    process = builder.start();
  }

  @AfterEach
  void endWhatIsLeft() throws Exception {
    signal("KILL", "-" + process.pid());
  }

  private static void signal(String name, String whom) throws Exception {
    new ProcessBuilder("kill", "-" + name, "--", whom).start().waitFor();
  }

  private void await(BooleanSupplier condition) throws InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.MINUTES.toNanos(3);
    while (!condition.getAsBoolean()) {
      assertThat(process.isAlive()).as("still runs: %s", said()).isTrue();
      assertThat(System.nanoTime()).isLessThan(deadline);
      TimeUnit.MILLISECONDS.sleep(50);
    }
  }

  private String said() {
    try {
      return Files.readString(folder.resolve("err")).replaceAll("(?m)^Picked up \\w+: .*\\R", "");
    } catch (IOException e) {
      return "";
    }
  }

  /** Ends the process by {@code signal} and returns its one line. */
  private String ended(String signal, String whom, int code) throws Exception {
    List<ProcessHandle> executors = process.descendants().toList();
    assertThat(executors).hasSizeGreaterThanOrEqualTo(2);
    signal(signal, whom);
    assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
    assertThat(process.exitValue()).isEqualTo(code);
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(EXECUTORS_GONE_SECONDS);
    while (executors.stream().anyMatch(ProcessHandle::isAlive) && System.nanoTime() < deadline) {
      TimeUnit.MILLISECONDS.sleep(20);
    }
    assertThat(executors).noneMatch(ProcessHandle::isAlive);
    assertThat(said().lines()).hasSize(1);
    assertNothingTemporaryStays();
    return said().strip();
  }

  /** Of the command's own; cached shards are for later ones. */
  private void assertNothingTemporaryStays() throws IOException {
    String user = System.getProperty("user.name");
    assertThat(temporary.resolve("tessera-" + user)).isEmptyDirectory();
    try (Stream<Path> left = Files.list(temporary)) {
      assertThat(left.map(path -> path.getFileName().toString()))
          .isSubsetOf("tessera-" + user, "tessera-cache-" + user);
    }
  }

  /** Whether tasks are in the middle of their parts. */
  private boolean writesParts() {
    if (!exists("table")) {
      return false;
    }
    try (Stream<Path> files = Files.walk(folder.resolve("table"))) {
      return files.anyMatch(path -> path.toString().endsWith(".parquet"));
    } catch (IOException | UncheckedIOException e) {
      return false; // A folder went while it was listed.
    }
  }

  private boolean exists(String name) {
    return Files.exists(folder.resolve(name));
  }

  @Test
  void ctrlCEndsARunInOneLineThatSaysHowToGoOnAndItDoes() throws Exception {
    Path recipe = folder.resolve("recipe.yaml");
    Files.writeString(recipe, RECIPE.formatted(folder));
    start("ingest", "--input", "icons:?count=80", "--output", folder + "/images", "size=16");
    assertThat(process.waitFor(3, TimeUnit.MINUTES)).isTrue();
    assertThat(process.exitValue()).as(said()).isZero();
    assertNothingTemporaryStays();
    start("train-tokenizer", "--config", recipe.toString());
    // The report follows a complete checkpoint.
    await(() -> exists("runs/0001-small/report.html"));

    // A terminal sends it to executors too, whose end must not be taken for a loss.
    String line = ended("INT", "-" + process.pid(), 130);

    assertThat(line)
        .matches(
            "tessera: stopped at [1-9]\\d* images; go on( from the checkpoint of [1-9]\\d*)? with"
                + " output\\.resume=file:\\S+/runs/0001-small");
    assertThat(Files.readString(folder.resolve("out"))).doesNotContain("failed", "another starts");
    String resume = line.substring(line.indexOf("output.resume="));
    start("train-tokenizer", "--config", recipe.toString(), resume);
    await(() -> out().contains("going on from "));
    assertThat(ended("TERM", "" + process.pid(), 143)).contains("stopped at ");
  }

  private String out() {
    try {
      return Files.readString(folder.resolve("out"));
    } catch (IOException e) {
      return "";
    }
  }

  @Test
  void sigtermLeavesNothingOfAnOutputThatWasNotComplete() throws Exception {
    start("ingest", "--input", "icons:?count=1000000", "--output", folder + "/table", "size=64");
    await(this::writesParts);

    String line = ended("TERM", "" + process.pid(), 143);

    assertThat(line).contains("stopped before it was done", "run it again");
    try (Stream<Path> left = Files.list(folder)) {
      assertThat(left.map(path -> path.getFileName().toString()))
          .containsExactlyInAnyOrder("out", "err");
    }
  }
}
