package dev.tessera.models.diffusion.sampler;

import dev.tessera.models.runtime.NativeTensor;

/**
 * DDPM's ancestral sampler (Ho et al. 2020; the learnt variance: Nichol and Dhariwal 2021). Beta of
 * a step is {@code 1 - abar / abar'} with {@code abar = 1 / (1 + sigma^2)}. No noise is added by
 * the step to 0.
 */
public record Ddpm(Variance variance) implements Sampler, OneStep {

  /** The variance of a step. */
  public enum Variance {
    /** The posterior's, {@code btilde}. */
    FIXED_SMALL,
    /** {@code beta}. */
    FIXED_LARGE,
    /** Between both, as the model says for each element. */
    LEARNED_RANGE
  }

  public static Ddpm defaults() {
    return new Ddpm(Variance.FIXED_SMALL);
  }

  @Override
  public Step step(double sigma, double next) {
    double small = Ddim.posterior(sigma, next);
    double deviation = variance == Variance.FIXED_LARGE ? large(sigma, next) : small;
    double mean = Ddim.rest(next, small);
    return Step.towards(mean, sigma, next == 0 ? 0 : deviation);
  }

  /** The root of beta, of x at {@code next}. */
  private static double large(double sigma, double next) {
    double gone = sigma * sigma - next * next;
    return Math.sqrt(gone * (1 + next * next) / (1 + sigma * sigma));
  }

  @Override
  public NativeTensor run(Chain chain, double[] sigmas, NativeTensor start) {
    if (variance != Variance.LEARNED_RANGE) {
      return follow(chain, sigmas, start);
    }
    NativeTensor x = start;
    for (int i = 0; i < sigmas.length - 1; i++) {
      x = learned(chain, x, sigmas[i], sigmas[i + 1]);
    }
    return x;
  }

  private NativeTensor learned(Chain chain, NativeTensor x, double sigma, double next) {
    try (Denoiser.Estimate told =
        chain.denoiser().estimate(x, sigma).orElseThrow(Ddpm::nothingLearned)) {
      NativeTensor mean = chain.step(x, told.clean(), step(sigma, next).mean());
      if (next == 0) {
        return mean;
      }
      try (mean;
          NativeTensor z = chain.normal()) {
        double large = 2 * Math.log(large(sigma, next));
        double small = 2 * Math.log(Ddim.posterior(sigma, next));
        return chain.learned().add(mean, told.fraction(), z, large, small);
      }
    }
  }

  private static IllegalArgumentException nothingLearned() {
    return new IllegalArgumentException(
        "variance: learned-range (expected: fixed-small or fixed-large, the model has learnt no"
            + " variance)");
  }

  @Override
  public int evaluations(double[] sigmas) {
    return sigmas.length - 1;
  }

  @Override
  public boolean needsVariance() {
    return variance == Variance.LEARNED_RANGE;
  }

  @Override
  public boolean stochastic() {
    return true;
  }
}
