package dev.tessera.jobs.bench;

import dev.tessera.spark.collective.Algorithm;

/**
 * What {@code bench allreduce} measures.
 *
 * @param algorithm of ours
 * @param minBytes of the smallest vector, quadrupled up to {@code maxBytes}
 * @param pairs turns of each contender; they alternate
 * @param output file of the results, JSON; the printed lines stand beside it
 */
public record AllReduceRecipe(
    Algorithm algorithm, long minBytes, long maxBytes, int pairs, String output) {

  public AllReduceRecipe {
    if (minBytes < Float.BYTES || minBytes % Float.BYTES != 0) {
      throw new IllegalArgumentException(
          "minBytes: " + minBytes + " (expected: 4 or a multiple of it)");
    }
    if (pairs < 1) {
      throw new IllegalArgumentException("pairs: " + pairs + " (expected: 1 or more)");
    }
  }

  public static AllReduceRecipe defaults() {
    return new AllReduceRecipe(Algorithm.RING, 4 << 10, 256 << 20, 7, "runs/bench/allreduce.json");
  }
}
