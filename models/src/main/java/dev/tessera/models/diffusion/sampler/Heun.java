package dev.tessera.models.diffusion.sampler;

import dev.tessera.models.Expected;
import dev.tessera.models.runtime.NativeTensor;

/**
 * EDM's second-order sampler with its churn (Karras et al. 2022, algorithms 1 and 2, and the
 * general second-order step of their algorithm 3). Grids may begin in noise alone.
 *
 * @param churn noise added over the whole way, S_churn; 0 for a deterministic sampler
 * @param churnMin least level at which it is added
 * @param churnMax greatest level at which it is added
 * @param churnNoise factor of the noise added, S_noise
 * @param alpha where within the step the second slope is taken: 1 is Heun's method, 0.5 the
 *     midpoint's
 */
public record Heun(double churn, double churnMin, double churnMax, double churnNoise, double alpha)
    implements Sampler {

  private static final double LARGEST_GAMMA = Math.sqrt(2) - 1;

  public Heun {
    Expected.that(churn >= 0, "churn", churn, "0 or more");
    Expected.that(churnMin >= 0, "churnMin", churnMin, "0 or more");
    Expected.that(
        churnMax >= churnMin, "churnMax", churnMax, "churnMin, " + churnMin + ", or more");
    Expected.that(churnNoise >= 0, "churnNoise", churnNoise, "0 or more");
    Expected.that(alpha > 0 && alpha <= 1, "alpha", alpha, "above 0, at most 1");
  }

  public static Heun defaults() {
    return new Heun(0, 0, Double.POSITIVE_INFINITY, 1, 1);
  }

  /** The growth of a level by churn, of so many steps. */
  double gamma(double sigma, int steps) {
    return sigma >= churnMin && sigma <= churnMax ? Math.min(churn / steps, LARGEST_GAMMA) : 0;
  }

  @Override
  public NativeTensor run(Chain chain, double[] sigmas, NativeTensor start) {
    int steps = sigmas[sigmas.length - 1] == 0 ? sigmas.length - 1 : sigmas.length;
    NativeTensor x = start;
    for (int i = 0; i < sigmas.length - 1; i++) {
      double sigma = sigmas[i];
      double raised = sigma * (1 + gamma(sigma, steps));
      if (raised > sigma && churnNoise > 0) {
        try (NativeTensor z = chain.normal()) {
          double added = Math.sqrt(raised * raised - sigma * sigma) * churnNoise;
          x = chain.replace(x, new double[] {1, added}, x, z);
        }
      }
      x = step(chain, x, raised, sigmas[i + 1]);
    }
    return x;
  }

  /** Euler a part of the way, then on with a mean of both slopes. */
  private NativeTensor step(Chain chain, NativeTensor x, double sigma, double next) {
    try (NativeTensor clean = chain.denoise(x, sigma)) {
      if (next == 0) {
        return chain.step(x, clean, Step.towards(0, sigma, 0));
      }
      Interval way = Interval.of(sigma, next);
      double between = way.between(alpha);
      double kept = between / sigma;
      try (NativeTensor euler = chain.combine(new double[] {kept, 1 - kept}, x, clean);
          NativeTensor second = chain.denoise(euler, between)) {
        double more = way.length() / (2 * alpha);
        double a = next / sigma;
        double b = more / sigma;
        return chain.replace(
            x,
            new double[] {
              a - b, 1 - a + more * way.data(sigma), more / between, -more * way.data(between)
            },
            x,
            clean,
            euler,
            second);
      }
    }
  }

  /**
   * The way between two levels and the variable of its slopes: sigma, {@code (x - D) / sigma}; or
   * the linear path's time {@code sigma / (1 + sigma)}, {@code eps - D}, where the lower level is
   * so far below the upper one and data lie between, that a slope of sigma at one says nothing of
   * the other. Either is of second order.
   */
  private record Interval(double sigma, double next, boolean inFlowTime) {

    /** Grids of EDM, VP and VE stay below this with 5 steps and more. */
    private static final double FARTHEST = 10;

    static Interval of(double sigma, double next) {
      return new Interval(sigma, next, sigma > FARTHEST * Math.max(1, next));
    }

    /** The level a part of the way down. */
    double between(double part) {
      if (!inFlowTime) {
        return sigma + part * (next - sigma);
      }
      double upper = (1 - part) / (1 + sigma);
      double lower = part / (1 + next);
      return (upper * sigma + lower * next) / (upper + lower);
    }

    /** What a difference of slopes is multiplied with, for x at {@code next}. */
    double length() {
      return inFlowTime ? (next - sigma) / (1 + sigma) : next - sigma;
    }

    /** The factor of -D in the slope at a level; that of x is {@code 1 / sigma} in both. */
    double data(double level) {
      return inFlowTime ? (1 + level) / level : 1 / level;
    }
  }

  @Override
  public int evaluations(double[] sigmas) {
    int steps = sigmas.length - 1;
    return sigmas[steps] == 0 ? 2 * steps - 1 : 2 * steps;
  }

  @Override
  public boolean stochastic() {
    return churn > 0;
  }
}
