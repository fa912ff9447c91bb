package dev.tessera.jobs.doctor;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
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
    try {
      Process process =
          new ProcessBuilder(
                  command,
                  "--query-gpu=index,name,memory.total,driver_version",
                  "--format=csv,noheader")
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      boolean ended = process.waitFor(SECONDS, TimeUnit.SECONDS);
      return ended && process.exitValue() == 0 ? text.lines().toList() : List.of();
    } catch (IOException e) {
      return List.of(); // No such program: no NVIDIA driver here.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return List.of();
    }
  }
}
