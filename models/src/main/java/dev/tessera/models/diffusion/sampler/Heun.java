package dev.tessera.models.diffusion.sampler;

import dev.tessera.models.runtime.NativeTensor;

/**
 * EDM's second-order sampler with its churn (Karras et al. 2022, algorithms 1 and 2, and the
 * general second-order step of their algorithm 3).
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
    require(churn >= 0, "churn", churn, "0 or more");
    require(churnMin >= 0, "churnMin", churnMin, "0 or more");
    require(churnMax >= churnMin, "churnMax", churnMax, "churnMin, " + churnMin + ", or more");
    require(churnNoise >= 0, "churnNoise", churnNoise, "0 or more");
    require(alpha > 0 && alpha <= 1, "alpha", alpha, "above 0, at most 1");
  }

  private static void require(boolean holds, String name, double value, String expected) {
    if (!holds) {
      throw new IllegalArgumentException(name + ": " + value + " (expected: " + expected + ")");
    }
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

  /** With {@code d = (x - D(x)) / sigma}: Euler a part of the way, then a mean of both slopes. */
  private NativeTensor step(Chain chain, NativeTensor x, double sigma, double next) {
    double h = next - sigma;
    double between = sigma + alpha * h;
    try (NativeTensor clean = chain.denoise(x, sigma)) {
      if (next == 0) {
        return chain.step(x, clean, Step.towards(0, sigma, 0));
      }
      double[] ahead = {1 + alpha * h / sigma, -alpha * h / sigma};
      try (NativeTensor euler = chain.combine(ahead, x, clean);
          NativeTensor second = chain.denoise(euler, between)) {
        double a = h * (1 - 1 / (2 * alpha)) / sigma;
        double b = h / (2 * alpha) / between;
        return chain.replace(x, new double[] {1 + a, -a, b, -b}, x, clean, euler, second);
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
    return churn > 0;
  }
}
