package dev.tessera.models.diffusion;

import dev.tessera.models.graph.Shape;
import dev.tessera.models.runtime.NativeTensor;
import dev.tessera.models.runtime.TorchRuntime;

/**
 * EDM's deterministic second-order sampler (Karras et al. 2022, algorithm 1): {@code 2 steps - 1}
 * calls of the denoiser, the state in float64.
 */
public final class HeunSampler implements AutoCloseable {

  private final double[] sigmas;
  private final LinearCombination predict;
  private final LinearCombination correct;

  /** A sampler of pictures of the given shape. */
  public HeunSampler(TorchRuntime runtime, KarrasGrid grid, Shape shape) {
    this.sigmas = grid.sigmas();
    this.predict = new LinearCombination(runtime, shape, 2);
    this.correct = new LinearCombination(runtime, shape, 4);
  }

  /**
   * Follows the probability flow from noise to a sample.
   *
   * @param noise standard normal, float64; not changed
   * @return the sample, owned by the caller
   */
  public NativeTensor sample(Denoiser denoiser, NativeTensor noise) {
    NativeTensor x = scaled(noise);
    for (int i = 0; i < sigmas.length - 1; i++) {
      NativeTensor next = step(denoiser, x, sigmas[i], sigmas[i + 1]);
      x.close();
      x = next;
    }
    return x;
  }

  private NativeTensor scaled(NativeTensor noise) {
    return predict.of(new double[] {sigmas[0], 0}, noise, noise);
  }

  /** With {@code d = (x - D(x)) / sigma}: Euler to {@code next}, then the mean of both slopes. */
  private NativeTensor step(Denoiser denoiser, NativeTensor x, double sigma, double next) {
    double h = next - sigma;
    try (NativeTensor clean = denoiser.denoise(x, sigma)) {
      NativeTensor euler = predict.of(new double[] {1 + h / sigma, -h / sigma}, x, clean);
      if (next == 0) {
        return euler;
      }
      try (euler;
          NativeTensor ahead = denoiser.denoise(euler, next)) {
        double a = h / (2 * sigma);
        double b = h / (2 * next);
        return correct.of(new double[] {1 + a, -a, b, -b}, x, clean, euler, ahead);
      }
    }
  }

  @Override
  public void close() {
    predict.close();
    correct.close();
  }
}
