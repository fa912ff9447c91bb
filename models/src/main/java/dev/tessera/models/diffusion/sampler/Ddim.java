package dev.tessera.models.diffusion.sampler;

import dev.tessera.models.runtime.NativeTensor;

/**
 * DDIM (Song et al. 2021): {@code eta} 0 is deterministic, 1 is DDPM with its small variance.
 *
 * @param eta factor of the posterior's standard deviation
 */
public record Ddim(double eta) implements Sampler, OneStep {

  public Ddim {
    if (!(eta >= 0 && eta <= 1)) {
      throw new IllegalArgumentException("eta: " + eta + " (expected: between 0 and 1)");
    }
  }

  public static Ddim defaults() {
    return new Ddim(0);
  }

  @Override
  public Step step(double sigma, double next) {
    double deviation = eta * posterior(sigma, next);
    return Step.towards(rest(next, deviation), sigma, deviation);
  }

  /** What of a level is left beside new noise: none, not NaN, where rounding makes that larger. */
  static double rest(double next, double deviation) {
    return Math.sqrt(Math.max(0, next * next - deviation * deviation));
  }

  /**
   * The posterior's standard deviation of x at {@code next}, DDPM's root of {@code btilde} over
   * {@code a}.
   */
  static double posterior(double sigma, double next) {
    return next * Math.sqrt(sigma * sigma - next * next) / sigma;
  }

  @Override
  public NativeTensor run(Chain chain, double[] sigmas, NativeTensor x) {
    return follow(chain, sigmas, x);
  }

  @Override
  public int evaluations(double[] sigmas) {
    return sigmas.length - 1;
  }

  @Override
  public boolean stochastic() {
    return eta > 0;
  }
}
