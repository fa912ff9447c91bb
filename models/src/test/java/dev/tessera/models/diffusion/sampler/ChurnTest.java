package dev.tessera.models.diffusion.sampler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Churn on a Gaussian (Karras et al. 2022, algorithm 2): noise is added to {@code (1 + gamma)}
 * times the level, and Heun's step leads down from there. Variances are exact, so that S_noise of
 * 1.003 is told from 1 and from 1.1.
 */
final class ChurnTest {

  private static final double VARIANCE = 0.25;

  @RegisterExtension private static final Bench bench = new Bench();

  /** Steps, S_churn, S_min, S_max, S_noise. */
  private static final double[][] SETTINGS = {
    {18, 40, 0, 1e9, 1},
    {18, 40, 0, 1e9, 1.003},
    {18, 40, 0, 1e9, 1.1},
    {40, 40, .05, 50, 1.003},
    {18, 5, .05, 1, 1.01},
    {256, 40, .05, 50, 1.003}
  };

  private static double published(double... s) {
    int n = (int) s[0];
    double[] sigmas = Grid.Karras.defaults().sigmas(n);
    double v = sigmas[0] * sigmas[0];
    for (int i = 0; i < n; i++) {
      boolean in = sigmas[i] >= s[2] && sigmas[i] <= s[3];
      double raised = sigmas[i] * (1 + (in ? Math.min(s[1] / n, Math.sqrt(2) - 1) : 0));
      v += (raised * raised - sigmas[i] * sigmas[i]) * s[4] * s[4];
      double t = sigmas[i + 1];
      double slope = raised / (raised * raised + VARIANCE);
      double euler = 1 + (t - raised) * slope;
      double ahead = t / (t * t + VARIANCE) * euler;
      double k = t == 0 ? euler : 1 + (t - raised) * (slope + ahead) / 2;
      v *= k * k;
    }
    return v;
  }

  @Test
  void theVarianceOfEachSettingIsThatOfItsRecursion() {
    for (double[] s : SETTINGS) {
      Heun sampler = new Heun(s[1], s[2], s[3], s[4], 1);
      assertThat(bench.variance(sampler, Grid.Karras.defaults().sigmas((int) s[0]), VARIANCE))
          .as(Arrays.toString(s))
          .isCloseTo(published(s), within(1e-10));
    }
    // A factor of the noise that is 3 in 1000 too large is seen far above that.
    assertThat(published(SETTINGS[1]) - published(SETTINGS[0])).isGreaterThan(1e-4);
    assertThat(published(SETTINGS[2]) - published(SETTINGS[1])).isGreaterThan(1e-3);
  }

  /** The levels at both ends of the interval are within it, and where there is no noise no draw. */
  @Test
  void churnActsFromItsLeastToItsGreatestLevel() {
    double[] sigmas = {4, 2, 1, .5, 0};
    Heun sampler = new Heun(1, .5, 2, 1, 1);
    assertThat(new double[] {gamma(sampler, 4), gamma(sampler, 2), gamma(sampler, .5)})
        .containsExactly(0, .25, .25);
    assertThat(sampler.gamma(.49, 4)).isZero();
    assertThat(new Heun(40, 0, 1e9, 1, 1).gamma(1, 4)).isEqualTo(Math.sqrt(2) - 1);
    double once = bench.variance(new Heun(1, .5, 2, 1, 1), sigmas, VARIANCE);
    assertThat(once).isNotEqualTo(bench.variance(new Heun(1, .5, 1.9, 1, 1), sigmas, VARIANCE));
    assertThat(once).isNotEqualTo(bench.variance(new Heun(1, .6, 2, 1, 1), sigmas, VARIANCE));
    assertThat(bench.variance(new Heun(1, .5, 2, 0, 1), sigmas, VARIANCE)).isLessThan(once);
  }

  private static double gamma(Heun sampler, double sigma) {
    return sampler.gamma(sigma, 4);
  }
}
