package dev.tessera.jobs.bench;

import dev.tessera.jobs.train.Ranks;
import dev.tessera.models.train.TrainingPrecision;

/**
 * What {@code bench attention} measures.
 *
 * @param batch sequences
 * @param tokens of a sequence
 * @param heads of attention
 * @param headWidth features of a head
 * @param precision of the operands
 * @param causal whether tokens see only earlier ones
 * @param calls of attention in one program, each on the result of the one before: the casts at the
 *     program's border then weigh little
 * @param device where
 * @param rounds turns, each of {@code steps} programs
 * @param steps of a turn
 * @param output file of the results, JSON; the printed lines stand beside it
 */
public record AttentionBenchRecipe(
    int batch,
    int tokens,
    int heads,
    int headWidth,
    TrainingPrecision precision,
    boolean causal,
    int calls,
    Ranks.Device device,
    int rounds,
    int steps,
    String output) {

  public AttentionBenchRecipe {
    require("batch", batch);
    require("tokens", tokens);
    require("heads", heads);
    require("headWidth", headWidth);
    require("calls", calls);
    require("rounds", rounds);
    require("steps", steps);
  }

  private static void require(String name, int value) {
    if (value < 1) {
      throw new IllegalArgumentException(name + ": " + value + " (expected: 1 or more)");
    }
  }

  public static AttentionBenchRecipe defaults() {
    return new AttentionBenchRecipe(
        1,
        16_384,
        16,
        64,
        TrainingPrecision.BF16,
        false,
        8,
        Ranks.Device.GPU,
        5,
        5,
        "runs/bench/attention.json");
  }

  /** Floating-point operations of one call forward, in matrix products. */
  double forwardFlops() {
    return 4.0 * batch * heads * tokens * tokens * headWidth / (causal ? 2 : 1);
  }
}
