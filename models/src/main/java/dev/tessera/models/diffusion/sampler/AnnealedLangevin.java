package dev.tessera.models.diffusion.sampler;

import dev.tessera.models.runtime.NativeTensor;

/**
 * NCSN's annealed Langevin dynamics (Song and Ermon 2019, 2020): at each level {@code steps} times
 * {@code x += alpha score + sqrt(2 alpha) z} with {@code alpha = rate (sigma / sigma_last)^2}. It
 * starts from noise of the first level.
 *
 * @param steps a level
 * @param rate alpha of the last level
 * @param denoise whether the last sample is denoised (NCSNv2)
 */
public record AnnealedLangevin(int steps, double rate, boolean denoise) implements Sampler {

  public AnnealedLangevin {
    if (steps < 1) {
      throw new IllegalArgumentException("steps: " + steps + " (expected: 1 or more)");
    }
    if (!(rate > 0)) {
      throw new IllegalArgumentException("rate: " + rate + " (expected: above 0)");
    }
  }

  /** NCSNv2's for CIFAR-10, whose last level is .01. */
  public static AnnealedLangevin defaults() {
    return new AnnealedLangevin(5, 6.2e-6, true);
  }

  private static int levels(double[] sigmas) {
    return sigmas[sigmas.length - 1] == 0 ? sigmas.length - 1 : sigmas.length;
  }

  @Override
  public NativeTensor run(Chain chain, double[] sigmas, NativeTensor start) {
    int levels = levels(sigmas);
    double lowest = sigmas[levels - 1];
    NativeTensor x = start;
    for (int i = 0; i < levels; i++) {
      // The score times alpha is (D - x) times this.
      double pull = rate / (lowest * lowest);
      double noise = Math.sqrt(2 * rate) * sigmas[i] / lowest;
      for (int t = 0; t < steps; t++) {
        try (NativeTensor clean = chain.denoise(x, sigmas[i])) {
          x = chain.step(x, clean, new Step(1 - pull, pull, noise));
        }
      }
    }
    if (!denoise) {
      return x;
    }
    try (NativeTensor clean = chain.denoise(x, lowest)) {
      return chain.step(x, clean, Step.towards(0, lowest, 0));
    }
  }

  @Override
  public int evaluations(double[] sigmas) {
    return levels(sigmas) * steps + (denoise ? 1 : 0);
  }

  @Override
  public boolean stochastic() {
    return true;
  }
}
