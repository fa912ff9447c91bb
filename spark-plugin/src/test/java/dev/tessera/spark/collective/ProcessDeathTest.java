package dev.tessera.spark.collective;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Ranks in processes of their own, one of which is killed. */
class ProcessDeathTest {

  private static final int SIZE = 3;

  private final List<Process> processes = new ArrayList<>();

  @AfterEach
  void destroy() {
    processes.forEach(Process::destroyForcibly);
  }

  @ParameterizedTest
  @EnumSource(Algorithm.class)
  void survivorsNameTheKilledRankWellBeforeTheDeadline(Algorithm algorithm) throws Exception {
    List<BufferedReader> outputs =
        start(algorithm, Gang.PATIENT.stallWarning(), Gang.PATIENT.failure());
    for (BufferedReader output : outputs) {
      assertThat(output.readLine()).isEqualTo("running");
    }
    long killed = System.nanoTime();
    processes.get(1).destroyForcibly();
    for (int survivor : new int[] {0, 2}) {
      assertThat(outputs.get(survivor).readLine()).contains("rank 1 (127.0.0.1:").contains("lost");
      assertThat(processes.get(survivor).waitFor(30, TimeUnit.SECONDS)).isTrue();
    }
    Duration deadline = Gang.PATIENT.failure();
    assertThat(Duration.ofNanos(System.nanoTime() - killed)).isLessThan(deadline.dividedBy(2));
  }

  @Test
  void survivorsNameTheFrozenRankAtTheDeadline() throws Exception {
    List<BufferedReader> outputs =
        start(Algorithm.RING, Duration.ofSeconds(4), Duration.ofSeconds(12));
    for (BufferedReader output : outputs) {
      assertThat(output.readLine()).isEqualTo("running");
    }
    new ProcessBuilder("kill", "-STOP", "" + processes.get(1).pid()).start().waitFor();
    for (int survivor : new int[] {0, 2}) {
      assertThat(outputs.get(survivor).readLine())
          .contains("has not moved for")
          .containsPattern("rank 1 \\(127.0.0.1:[0-9]+\\) does not answer");
    }
  }

  private List<BufferedReader> start(Algorithm algorithm, Duration warning, Duration failure)
      throws IOException {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    String classes = System.getProperty("java.class.path");
    List<BufferedReader> outputs = new ArrayList<>();
    List<String> ports = new ArrayList<>();
    for (int rank = 0; rank < SIZE; rank++) {
      ProcessBuilder builder =
          new ProcessBuilder(
              java,
              "-Xmx64m",
              "-cp",
              classes,
              ProcessRank.class.getName(),
              "" + rank,
              "" + algorithm,
              "" + warning,
              "" + failure);
      builder.redirectError(ProcessBuilder.Redirect.DISCARD);
      processes.add(builder.start());
      outputs.add(
          new BufferedReader(
              new InputStreamReader(processes.get(rank).getInputStream(), StandardCharsets.UTF_8)));
      ports.add(outputs.get(rank).readLine());
    }
    for (Process process : processes) {
      process
          .getOutputStream()
          .write((String.join(" ", ports) + "\n").getBytes(StandardCharsets.UTF_8));
      process.getOutputStream().flush();
    }
    return outputs;
  }
}
