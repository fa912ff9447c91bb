package dev.tessera.jobs.bench;

/**
 * What {@code bench kernels} measures.
 *
 * @param device number of the GPU
 * @param launches of each captured graph that are timed
 * @param output file of the results, JSON; the printed lines stand beside it
 */
public record KernelBenchRecipe(int device, int launches, String output) {

  public KernelBenchRecipe {
    if (launches < 1) {
      throw new IllegalArgumentException("launches: " + launches + " (expected: 1 or more)");
    }
  }

  public static KernelBenchRecipe defaults() {
    return new KernelBenchRecipe(0, 15, "runs/bench/kernels.json");
  }
}
