package dev.tessera.jobs.bench;

import java.util.List;

/**
 * What {@code bench train-step} measures.
 *
 * @param cases models
 * @param batches images a step
 * @param threads of each contender
 * @param pairs turns of each contender; they alternate
 * @param steps of a turn
 * @param output file of the results, JSON; the printed lines stand beside it
 */
public record TrainStepRecipe(
    List<TrainStepCase> cases,
    List<Integer> batches,
    List<Integer> threads,
    int pairs,
    int steps,
    String output) {

  public TrainStepRecipe {
    cases = List.copyOf(cases);
    batches = List.copyOf(batches);
    threads = List.copyOf(threads);
    if (pairs < 1) {
      throw new IllegalArgumentException("pairs: " + pairs + " (expected: 1 or more)");
    }
    if (steps < 1) {
      throw new IllegalArgumentException("steps: " + steps + " (expected: 1 or more)");
    }
  }

  public static TrainStepRecipe defaults() {
    return new TrainStepRecipe(
        List.of(TrainStepCase.values()),
        List.of(32, 64),
        List.of(1, 2),
        7,
        4,
        "runs/bench/train-step.json");
  }
}
