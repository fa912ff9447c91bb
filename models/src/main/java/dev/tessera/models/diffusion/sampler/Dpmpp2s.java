package dev.tessera.models.diffusion.sampler;

import dev.tessera.models.runtime.NativeTensor;

/**
 * DPM-Solver++ (2S), second order with two calls a step (Lu et al. 2022), the second in the middle
 * of the step in {@code ln(sigma)}. The step to 0 is of first order.
 */
public record Dpmpp2s() implements Sampler {

  @Override
  public NativeTensor run(Chain chain, double[] sigmas, NativeTensor start) {
    NativeTensor x = start;
    for (int i = 0; i < sigmas.length - 1; i++) {
      x = step(chain, x, sigmas[i], sigmas[i + 1]);
    }
    return x;
  }

  private static NativeTensor step(Chain chain, NativeTensor x, double sigma, double next) {
    try (NativeTensor clean = chain.denoise(x, sigma)) {
      if (next == 0) {
        return chain.step(x, clean, Step.towards(0, sigma, 0));
      }
      double middle = Math.sqrt(sigma * next);
      double[] half = {middle / sigma, 1 - middle / sigma};
      try (NativeTensor between = chain.combine(half, x, clean);
          NativeTensor second = chain.denoise(between, middle)) {
        return chain.step(x, second, Step.towards(next, sigma, 0));
      }
    }
  }

  @Override
  public int evaluations(double[] sigmas) {
    int steps = sigmas.length - 1;
    return sigmas[steps] == 0 ? 2 * steps - 1 : 2 * steps;
  }

  @Override
  public boolean stochastic() {
    return false;
  }
}
