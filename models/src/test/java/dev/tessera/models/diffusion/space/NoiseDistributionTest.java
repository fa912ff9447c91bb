package dev.tessera.models.diffusion.space;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

final class NoiseDistributionTest {

  private static double[] sigmas(NoiseDistribution noise, Path path, double... drawn) {
    return noise.sigma(Numbers.of(drawn), path).values();
  }

  private static double[] uniform(int n) {
    double[] u = new double[n];
    Arrays.setAll(u, i -> (i + 0.5) / n);
    return u;
  }

  @Test
  void logitNormalTimesOfTheLinearPathAreLogNormalLevels() {
    double[] z = {-3, -1.2, 0, 0.4, 2.5};
    assertThat(sigmas(new NoiseDistribution.LogitNormal(-0.7, 1.3, 1), new Linear(), z))
        .containsExactly(
            sigmas(new NoiseDistribution.LogNormal(-0.7, 1.3), new Linear(), z), within(1e-14));
    // SD3's shift is a shift of the mean by its logarithm.
    assertThat(sigmas(new NoiseDistribution.LogitNormal(-0.7, 1.3, 3), new Linear(), z))
        .containsExactly(
            sigmas(new NoiseDistribution.LogNormal(-0.7 + Math.log(3), 1.3), new Linear(), z),
            within(1e-12));
  }

  @Test
  void theShiftMovesTimesAsPublished() {
    for (double t : new double[] {.25, .5, .75}) {
      double shifted = 3 * t / (1 + 2 * t);
      double logit = Math.log(t / (1 - t));
      double sigma = sigmas(new NoiseDistribution.LogitNormal(0, 1, 3), new Linear(), logit)[0];
      assertThat(new Linear().time(sigma)).isCloseTo(shifted, within(1e-14));
    }
  }

  @Test
  void logitNormalTimesHaveTheirPublishedMoments() {
    // Quantiles of the normal law by bisection of its distribution function.
    int n = 20_000;
    double[] z = new double[n];
    for (int i = 0; i < n; i++) {
      z[i] = quantile((i + 0.5) / n);
    }
    double[] times =
        Arrays.stream(sigmas(new NoiseDistribution.LogitNormal(0, 1, 1), new Cosine(), z))
            .map(new Cosine()::time)
            .toArray();
    double mean = Arrays.stream(times).average().orElseThrow();
    double variance = Arrays.stream(times).map(t -> (t - mean) * (t - mean)).sum() / n;
    assertThat(mean).isCloseTo(0.5, within(1e-6));
    assertThat(Math.sqrt(variance)).isCloseTo(.20827634, within(1e-4));
  }

  private static double quantile(double p) {
    double low = -9;
    double high = 9;
    for (int i = 0; i < 60; i++) {
      double middle = (low + high) / 2;
      if (below(middle) < p) {
        low = middle;
      } else {
        high = middle;
      }
    }
    return low;
  }

  /** The normal distribution function by its series. */
  private static double below(double x) {
    double term = x;
    double sum = x;
    for (int k = 1; k < 400; k++) {
      term *= x * x / (2 * k + 1);
      sum += term;
    }
    return 0.5 + sum * Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI);
  }

  @Test
  void modeSamplingIsThePublishedMap() {
    double scale = 1.29;
    double[] u = uniform(99);
    double[] found = sigmas(new NoiseDistribution.Mode(scale), new Linear(), u);
    for (int i = 0; i < u.length; i++) {
      double cos = Math.cos(Math.PI * u[i] / 2);
      double time = 1 - u[i] - scale * (cos * cos - 1 + u[i]);
      assertThat(new Linear().time(found[i])).isCloseTo(time, within(1e-12));
    }
  }

  @Test
  void cosMapHasItsPublishedDensity() {
    int n = 4000;
    double[] found = sigmas(new NoiseDistribution.CosMap(), new Linear(), uniform(n));
    // Steps of equal probability: density = 1 / (n dt).
    for (int i = 1; i < n; i += 123) {
      double before = new Linear().time(found[i - 1]);
      double after = new Linear().time(found[i]);
      double t = (before + after) / 2;
      double density = 2 / (Math.PI * (1 - 2 * t + 2 * t * t));
      assertThat(1 / (n * (after - before))).isCloseTo(density, within(1e-4 * density));
    }
  }

  @Test
  void uniformTimesOfADiscretePathAreItsStepsAlike() {
    Discrete path = new Discrete(Betas.Linear.defaults(), 40, false);
    double[] found = sigmas(new NoiseDistribution.Uniform(0, 1), path, uniform(1000));
    for (double sigma : path.sigmas()) {
      assertThat(Arrays.stream(found).filter(s -> s == sigma).count()).isEqualTo(25);
    }
  }

  @Test
  void levelsAreLogUniformOrGeometric() {
    double[] ends = sigmas(new NoiseDistribution.LogUniform(.02, 100), new Linear(), 0, .5, 1);
    assertThat(ends).containsExactly(new double[] {.02, Math.sqrt(2), 100}, within(1e-12));
    NoiseDistribution.Geometric ncsn = new NoiseDistribution.Geometric(0.01, 1, 10);
    double[] levels = sigmas(ncsn, new Linear(), uniform(10));
    for (int i = 0; i < 9; i++) {
      assertThat(levels[i] / levels[i + 1]).isCloseTo(.59948425, within(1e-8));
    }
    assertThat(levels[9]).isCloseTo(1, within(1e-12));
  }

  @Test
  void impossibleDistributionsAreRefused() {
    assertThatThrownBy(() -> new NoiseDistribution.LogNormal(0, 0))
        .hasMessage("deviation: 0.0 (expected: above 0)");
    assertThatThrownBy(() -> new NoiseDistribution.Uniform(0.5, 0.5))
        .hasMessageStartingWith("first: 0.5");
    assertThatThrownBy(() -> new NoiseDistribution.LogUniform(1, 1))
        .hasMessageStartingWith("sigmaMin: 1.0");
    assertThatThrownBy(() -> new NoiseDistribution.Mode(2)).hasMessageStartingWith("scale: 2.0");
  }
}
