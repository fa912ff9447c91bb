package dev.tessera.models.diffusion.sampler;

import dev.tessera.models.runtime.NativeTensor;
import java.util.Locale;
import java.util.Optional;

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

  /** Shares of the least level's variance: from here on a step overshoots by more than it mends. */
  private static final double DIVERGES = 2;

  /** Noise at rest is up to {@code 1 / (1 - .2 / 2)} times the level's; NCSN's own choice. */
  private static final double COARSE = 0.2;

  private static final double PUBLISHED = 0.062;

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

  /** The share of a step in the least level's variance: what is added of the score times that. */
  private double share(double[] sigmas) {
    double lowest = sigmas[levels(sigmas) - 1];
    return rate / (lowest * lowest);
  }

  @Override
  public void check(double[] sigmas, double sigmaData) {
    double share = share(sigmas);
    double lowest = sigmas[levels(sigmas) - 1];
    if (share >= DIVERGES) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "rate: %s (expected: below %.3g, twice the square of the least level %.4g, or its"
                  + " steps diverge; NCSNv2's would be %.2g; or a grid with a higher least level)",
              rate,
              DIVERGES * lowest * lowest,
              lowest,
              PUBLISHED * lowest * lowest));
    }
    double ratio = new NormalLaw(sigmaData).ratio(variance -> variance(variance, sigmas));
    if (!NormalLaw.holds(ratio)) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "steps: %d a level (expected: more, or closer levels from sigma %.4g to %.4g: its"
                  + " steps cannot follow these, and a normal law would come out %.2g times as wide"
                  + " as it is)",
              steps,
              sigmas[0],
              lowest,
              ratio));
    }
  }

  @Override
  public Optional<String> warning(double[] sigmas) {
    double share = share(sigmas);
    return share <= COARSE * (1 + 1e-9)
        ? Optional.empty()
        : Optional.of(
            String.format(
                Locale.ROOT,
                "annealed-langevin's rate is %.2g of the least level's square: noise at rest is"
                    + " %.3g times that of the level in variance; below %.1g it is at most 1.11",
                share,
                1 / (1 - share / 2),
                COARSE));
  }

  /** Of samples of normal data of a variance. */
  private double variance(double data, double[] sigmas) {
    int levels = levels(sigmas);
    double pull = share(sigmas);
    double v = sigmas[0] * sigmas[0];
    for (int i = 0; i < levels; i++) {
      double square = sigmas[i] * sigmas[i];
      double kept = 1 - pull * square / (data + square);
      for (int t = 0; t < steps; t++) {
        v = kept * kept * v + 2 * pull * square;
      }
    }
    double lowest = sigmas[levels - 1];
    double left = denoise ? data / (data + lowest * lowest) : 1;
    return left * left * v;
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
