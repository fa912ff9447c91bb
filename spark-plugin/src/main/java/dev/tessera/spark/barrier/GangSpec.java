package dev.tessera.spark.barrier;

import dev.tessera.spark.collective.Algorithm;
import dev.tessera.spark.settings.TesseraSettings;
import java.util.function.IntUnaryOperator;

/**
 * A gang to run.
 *
 * @param name what the run is called in messages and in Spark's UI
 * @param ranks how many ranks are wanted: so many slots are awaited before each attempt
 * @param ranksOfSlots the number of ranks of an attempt, given the task slots there are; it is
 *     asked anew for each attempt
 * @param gpu whether every rank needs a GPU
 */
public record GangSpec(
    String name,
    int ranks,
    IntUnaryOperator ranksOfSlots,
    boolean gpu,
    Algorithm algorithm,
    TesseraSettings settings) {

  public GangSpec {
    if (ranks < 1) {
      throw new IllegalArgumentException("ranks: " + ranks + " (expected: 1 or more)");
    }
  }

  /** A gang on the CPU with the same number of ranks in every attempt. */
  public static GangSpec of(String name, int ranks, Algorithm algorithm, TesseraSettings settings) {
    return new GangSpec(name, ranks, slots -> ranks, false, algorithm, settings);
  }

  public GangSpec withGpu() {
    return new GangSpec(name, ranks, ranksOfSlots, true, algorithm, settings);
  }

  /** A gang of as many ranks as there are slots: it goes on with fewer when executors stay lost. */
  public GangSpec withRanksOfSlots(IntUnaryOperator choice) {
    return new GangSpec(name, ranks, choice, gpu, algorithm, settings);
  }
}
