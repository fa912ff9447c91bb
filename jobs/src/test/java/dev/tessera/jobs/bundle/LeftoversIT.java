package dev.tessera.jobs.bundle;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What stays in the temporary folder after commands that end, are refused and are killed. */
class LeftoversIT {

  @TempDir private Path folder;
  @TempDir private Path temporary;
  private final List<Process> started = new ArrayList<>();

  private Process start(String spark, String... arguments) throws IOException {
    List<String> words = new ArrayList<>(List.of(System.getProperty("tessera.launcher")));
    words.addAll(List.of(arguments));
    ProcessBuilder builder =
        new ProcessBuilder(words)
            .directory(folder.toFile())
            .redirectOutput(folder.resolve("out").toFile())
            .redirectError(folder.resolve("err").toFile());
    builder.environment().remove("SPARK_HOME");
    if (!spark.isEmpty()) {
      builder.environment().put("SPARK_HOME", spark);
    }
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    builder.environment().put("TMPDIR", temporary.toString());
    Process process = builder.start();
    started.add(process);
    return process;
  }

  @AfterEach
  void endWhatIsLeft() {
    for (Process process : started) {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
  }

  private void ended(Process process, int code) throws Exception {
    assertThat(process.waitFor(3, TimeUnit.MINUTES)).isTrue();
    assertThat(process.exitValue()).as(Files.readString(folder.resolve("err"))).isEqualTo(code);
  }

  private static void await(BooleanSupplier condition) throws InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.MINUTES.toNanos(3);
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).isLessThan(deadline);
      TimeUnit.MILLISECONDS.sleep(50);
    }
  }

  private List<Path> below(Path top) {
    try (Stream<Path> paths = Files.walk(top)) {
      return paths.filter(path -> !path.equals(top)).toList();
    } catch (IOException e) {
      return List.of();
    }
  }

  private Path own() {
    return temporary.resolve("tessera-" + System.getProperty("user.name"));
  }

  private List<Path> runs() throws IOException {
    try (Stream<Path> runs = Files.list(own())) {
      return runs.toList();
    }
  }

  /** A command that starts, and is none: its spark-submit does nothing. */
  private void startAnew() throws Exception {
    Path spark = folder.resolve("spark");
    if (!Files.exists(spark)) {
      Path submit = Files.createDirectories(spark.resolve("bin")).resolve("spark-submit");
      Files.writeString(submit, "#!/bin/sh\nexit 0\n");
      Files.setPosixFilePermissions(submit, PosixFilePermissions.fromString("rwxr-xr-x"));
      Files.createSymbolicLink(
          spark.resolve("jars"), Path.of(System.getenv("SPARK_HOME")).resolve("jars"));
    }
    ended(start(spark.toString(), "doctor"), 0);
  }

  @Test
  void nothingStaysOfACommandThatEndedOrWasRefused() throws Exception {
    ended(start("", "ingest", "--input", "icons:?count=8", "--output", "table", "size=16"), 0);
    assertThat(below(temporary)).containsExactly(own());

    // By the driver itself.
    String setting = "spark.dynamicAllocation.enabled=true";
    ended(start("", "doctor", "--master", "local[1]", "--conf", setting), 1);
    assertThat(below(temporary)).containsExactly(own());
  }

  @Test
  void whatSigkillLeftGoesWithTheNextStartAndWhatLivesStays() throws Exception {
    Path library = Files.writeString(temporary.resolve("liblz4-java-12.so"), "");
    Files.setLastModifiedTime(library, FileTime.from(Instant.now().minus(Duration.ofHours(1))));
    Process run =
        start("", "ingest", "--input", "icons:?count=1000000", "--output", "table", "size=64");
    await(() -> below(folder).stream().anyMatch(path -> path.toString().endsWith(".parquet")));
    List<ProcessHandle> executors = run.descendants().toList();
    assertThat(executors).hasSizeGreaterThanOrEqualTo(2);
    assertThat(library).doesNotExist();
    // All that it has unpacked, fetched and shuffled is in its own folder.
    assertThat(runs()).hasSize(1);
    Path live = runs().get(0);
    assertThat(below(temporary)).allMatch(path -> path.equals(own()) || path.startsWith(live));
    assertThat(below(live))
        .anyMatch(path -> path.getFileName().toString().startsWith("liblz4-java-"))
        .anyMatch(path -> path.toString().matches(".*/spark/work.app-.*\\.jar"));

    startAnew();
    assertThat(runs()).hasSize(2).contains(live);
    assertThat(run.isAlive()).isTrue();

    run.destroyForcibly().waitFor();
    executors.forEach(ProcessHandle::destroyForcibly);
    await(() -> executors.stream().noneMatch(ProcessHandle::isAlive));
    assertThat(live).isDirectory();
    startAnew();
    // Its own, of a spark-submit that does not end as a driver does.
    assertThat(runs()).hasSize(1).doesNotContain(live);
    startAnew();
    assertThat(runs()).hasSize(1);
    assertThat(below(temporary)).allMatch(path -> path.startsWith(own()));
  }
}
