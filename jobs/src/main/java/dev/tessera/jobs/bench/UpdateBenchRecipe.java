package dev.tessera.jobs.bench;

import dev.tessera.jobs.train.Ranks;

/**
 * What {@code bench optimizer} measures.
 *
 * @param parameters of the group; 0 for 500 million on a GPU and 4 million on the CPU
 * @param tensors they are divided into
 * @param average whether a moving average is kept
 * @param device where
 * @param rounds turns, each of {@code steps} updates
 * @param steps of a turn
 * @param output file of the results, JSON; the printed lines stand beside it
 */
public record UpdateBenchRecipe(
    long parameters,
    int tensors,
    boolean average,
    Ranks.Device device,
    int rounds,
    int steps,
    String output) {

  private static final long ON_GPU = 500_000_000;
  private static final long ON_CPU = 4_000_000;

  public UpdateBenchRecipe {
    require(parameters >= 0, "parameters", parameters, "0 or more");
    require(tensors >= 1, "tensors", tensors, "1 or more");
    require(rounds >= 1, "rounds", rounds, "1 or more");
    require(steps >= 1, "steps", steps, "1 or more");
  }

  private static void require(boolean holds, String name, long value, String expected) {
    if (!holds) {
      throw new IllegalArgumentException(name + ": " + value + " (expected: " + expected + ")");
    }
  }

  public static UpdateBenchRecipe defaults() {
    return new UpdateBenchRecipe(
        0, 125, true, Ranks.Device.CPU, 5, 10, "runs/bench/optimizer.json");
  }

  /** Elements of one tensor. */
  long tensorSize() {
    long all = parameters > 0 ? parameters : device == Ranks.Device.GPU ? ON_GPU : ON_CPU;
    return Math.max(1, all / tensors);
  }

  /** Elements of all. */
  long size() {
    return tensorSize() * tensors;
  }
}
