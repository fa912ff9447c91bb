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
 */
public record Output(
    String runs, int keepCheckpoints, Optional<String> cache, Optional<String> resume) {

  public Output {
    if (keepCheckpoints < 1) {
      throw new IllegalArgumentException(
          "keepCheckpoints: " + keepCheckpoints + " (expected: 1 or more)");
    }
  }

  public static Output defaults() {
    return new Output("runs", 2, Optional.empty(), Optional.empty());
  }
}
