package dev.tessera.models.diffusion.sampler;

import java.util.Locale;
import java.util.function.DoubleUnaryOperator;

/**
 * What a sampler makes of normal data, where every step is linear: {@code v' = (kx + kd g)^2 v +
 * kn^2}. A sampler that misses even this law by a factor takes steps that its levels do not allow.
 */
final class NormalLaw {

  /** Samples this much too wide or too narrow are no samples. */
  private static final double WORST = 3;

  private final double variance;

  /**
   * @param sigmaData standard deviation of the data in the units of noise levels
   */
  NormalLaw(double sigmaData) {
    variance = sigmaData * sigmaData;
  }

  /** The ideal denoiser's factor of x. */
  double gain(double sigma) {
    return variance / (variance + sigma * sigma);
  }

  /**
   * Refuses levels with which the law comes out too wide or too narrow.
   *
   * @param name a recipe's name for the sampler
   */
  void check(String name, OneStep sampler, double... sigmas) {
    double now = sigmas[0] * sigmas[0];
    double worst = 0;
    int at = 0;
    for (int i = 0; i < sigmas.length - 1; i++) {
      double before = excess(now, sigmas[i]);
      Step step = sampler.step(sigmas[i], sigmas[i + 1]);
      double kept = step.x() + step.clean() * gain(sigmas[i]);
      now = kept * kept * now + step.noise() * step.noise();
      double grown = Math.abs(Math.log(excess(now, sigmas[i + 1]) / before));
      if (grown > worst || Double.isNaN(grown)) {
        worst = grown;
        at = i;
      }
    }
    double ratio = Math.sqrt(excess(now, sigmas[sigmas.length - 1]));
    if (!holds(ratio)) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "grid: a step from sigma %.4g to %.4g (expected: closer levels for %s, or sampler"
                  + " ddim with eta 1, whose steps may be of any length; a normal law would come"
                  + " out %.2g times as wide as it is)",
              sigmas[at],
              sigmas[at + 1],
              name,
              ratio));
    }
  }

  private double excess(double now, double sigma) {
    return now / (variance + sigma * sigma);
  }

  /** Whether a deviation over the law's is bearable. */
  static boolean holds(double ratio) {
    return ratio <= WORST && ratio >= 1 / WORST;
  }

  /** The law's at a level. */
  double deviation(double sigma) {
    return Math.sqrt(variance + sigma * sigma);
  }

  /** The deviation over the law's of samples whose variance is a function of the data's. */
  double ratio(DoubleUnaryOperator samples) {
    return Math.sqrt(samples.applyAsDouble(variance) / variance);
  }
}
