package dev.tessera.jobs.bench;

import dev.tessera.spark.collective.Algorithm;

/**
 * What {@code bench scaling} measures.
 *
 * @param subject the model
 * @param shardBatch images of one shard; a step has two shards, so one executor computes both
 * @param steps measured in each turn, after two that are not
 * @param pairs turns of each cluster; they alternate
 * @param executorMemory MiB of each executor
 * @param output file of the results, JSON; the printed lines stand beside it
 */
public record ScalingRecipe(
    TrainStepCase subject,
    int shardBatch,
    int steps,
    int pairs,
    Algorithm algorithm,
    int executorMemory,
    String output) {

  public ScalingRecipe {
    require(shardBatch >= 1, "shardBatch", shardBatch);
    require(steps >= 1, "steps", steps);
    require(pairs >= 1, "pairs", pairs);
  }

  private static void require(boolean holds, String name, int value) {
    if (!holds) {
      throw new IllegalArgumentException(name + ": " + value + " (expected: 1 or more)");
    }
  }

  public static ScalingRecipe defaults() {
    return new ScalingRecipe(
        TrainStepCase.DIT, 64, 8, 7, Algorithm.TREE, 1024, "runs/bench/scaling.json");
  }
}
