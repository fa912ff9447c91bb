package dev.tessera.jobs.train;

import java.util.Optional;

/**
 * Where a run goes.
 *
 * @param runs folder of run directories
 * @param keepCheckpoints how many checkpoints to keep
 * @param cache folder for cached shards on each executor's local disk; if absent, {@code
 *     tessera-cache-USER} in the executor's temporary folder
 * @param resume an existing run directory to go on with, instead of a new one
 * @param startAnew whether a run to be resumed begins from zero where it had checkpoints and none
 *     can be read; they are put aside. For this once: it is not written into the run's config
 */
public record Output(
    String runs,
    int keepCheckpoints,
    Optional<String> cache,
    Optional<String> resume,
    boolean startAnew) {

  public Output {
    if (keepCheckpoints < 1) {
      throw new IllegalArgumentException(
          "keepCheckpoints: " + keepCheckpoints + " (expected: 1 or more)");
    }
    if (startAnew && resume.isEmpty()) {
      throw new IllegalArgumentException(
          "startAnew: true (expected: false, or output.resume=RUN: a new run begins anew by itself)");
    }
  }

  /** Without what was said for one start alone. */
  Output kept() {
    return new Output(runs, keepCheckpoints, cache, resume, false);
  }

  public static Output defaults() {
    return new Output("runs", 2, Optional.empty(), Optional.empty(), false);
  }
}
