package dev.tessera.jobs.doctor;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A machine's GPUs, as {@code nvidia-smi} lists them. */
final class GpuFacts {

  private static final long SECONDS = 10;

  private GpuFacts() {}

  /** One line for each GPU; empty without a driver. */
  static List<String> probe() {
    return probe("nvidia-smi");
  }

  static List<String> probe(String command) {
    return probe(command, SECONDS);
  }

  static List<String> probe(String command, long seconds) {
    try {
      // To a file: reading a pipe to its end would wait for a driver that hangs.
      Path output = Files.createTempFile("nvidia-smi", ".csv");
      try {
        return ended(command, output, seconds) ? Files.readAllLines(output) : List.of();
      } finally {
        Files.deleteIfExists(output);
      }
    } catch (IOException e) {
      return List.of(); // No such program: no NVIDIA driver here.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return List.of();
    }
  }

  private static boolean ended(String command, Path output, long seconds)
      throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(
                command,
                "--query-gpu=index,name,memory.total,driver_version",
                "--format=csv,noheader")
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .redirectOutput(output.toFile())
            .start();
    try {
      return process.waitFor(seconds, TimeUnit.SECONDS) && process.exitValue() == 0;
    } finally {
      process.destroyForcibly();
    }
  }
}
