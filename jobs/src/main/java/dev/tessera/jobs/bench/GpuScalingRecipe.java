package dev.tessera.jobs.bench;

/**
 * What {@code bench gpu-scaling} measures.
 *
 * @param config recipe of a diffusion model
 * @param channels of latents; 0 for pictures
 * @param side height and width of a latent or picture
 * @param classes of the labels
 * @param batch images of one GPU's step
 * @param ranks GPUs of this host, a power of two
 * @param steps measured, after some that are not
 * @param executorMemory MiB of each executor's heap
 * @param output file of the results, JSON; the printed lines stand beside it
 */
public record GpuScalingRecipe(
    String config,
    int channels,
    int side,
    int classes,
    int batch,
    int ranks,
    int steps,
    int executorMemory,
    String output) {

  public GpuScalingRecipe {
    if (ranks < 2 || Integer.bitCount(ranks) != 1) {
      throw new IllegalArgumentException(
          "ranks: " + ranks + " (expected: a power of two, 2 or more)");
    }
    if (batch < ranks || batch % ranks != 0) {
      throw new IllegalArgumentException(
          "batch: " + batch + " (expected: a multiple of the " + ranks + " ranks)");
    }
    if (steps < 1) {
      throw new IllegalArgumentException("steps: " + steps + " (expected: 1 or more)");
    }
  }

  public static GpuScalingRecipe defaults() {
    return new GpuScalingRecipe(
        "conf/recipes/dit-b-2.yaml", 4, 32, 1000, 256, 2, 20, 4096, "runs/bench/gpu-scaling.json");
  }
}
