package dev.tessera.models.diffusion.sampler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Langevin steps on a Gaussian are linear: variances are exact. */
final class AnnealedLangevinTest {

  @RegisterExtension private static final Bench bench = new Bench();

  @Test
  void langevinStepsHaveTheirStationaryVariance() {
    // NCSNv2's and NCSNv1's last levels: alpha over sigma^2.
    for (double[] c : new double[][] {{.062, 1.03199174}, {.2, 1.11111111}}) {
      double a = c[0];
      double expected = 1 / (1 - a / 2);
      assertThat(expected).isCloseTo(c[1], within(1e-8));
      double v = 3;
      for (int i = 0; i < 600; i++) {
        v = Math.pow(1 - a, 2) * v + 2 * a;
      }
      assertThat(v).isCloseTo(expected, within(1e-9));
    }
    // The sampler itself, one level held for long, on a point of variance next to nothing.
    double sigma = 0.01;
    AnnealedLangevin sampler = new AnnealedLangevin(400, 6.2e-6, false);
    double found = bench.variance(sampler, new double[] {sigma, 0}, 1e-12);
    assertThat(found / (sigma * sigma)).isCloseTo(1.03199174, within(1e-7));
  }

  @Test
  void annealedLangevinFollowsItsRecursionOverAllLevels() {
    double[] sigmas = new Grid.Ve(0.01, 1).sigmas(10);
    double variance = 0.25;
    for (boolean denoise : new boolean[] {false, true}) {
      AnnealedLangevin sampler = new AnnealedLangevin(30, 2e-5, denoise);
      double v = 1;
      for (int i = 0; i < 10; i++) {
        double alpha = 2e-5 * Math.pow(sigmas[i] / 0.01, 2);
        double k = 1 - alpha / (variance + sigmas[i] * sigmas[i]);
        for (int t = 0; t < 30; t++) {
          v = k * k * v + 2 * alpha;
        }
      }
      double last = variance / (variance + 1e-4);
      double expected = denoise ? last * last * v : v;
      assertThat(bench.variance(sampler, sigmas, variance)).isCloseTo(expected, within(1e-12));
      assertThat(sampler.evaluations(sigmas)).isEqualTo(denoise ? 301 : 300);
    }
  }

  /** Langevin's step is the rate over the least level's square: 2 diverges, .2 is coarse. */
  @Test
  void langevinStepsThatDivergeAreRefused() {
    double[] sigmas = new Grid.Ve(0.01, 1).sigmas(40);
    double square = 1e-4;
    assertThatThrownBy(() -> new AnnealedLangevin(5, 2 * square, true).check(sigmas, .5))
        .hasMessageContaining("rate: 2.0E-4 (expected: below 0.000200")
        .hasMessageContaining("6.2e-06");
    AnnealedLangevin coarse = new AnnealedLangevin(5, 1.55 * square, true);
    coarse.check(sigmas, .5);
    assertThat(coarse.warning(sigmas)).get().asString().contains("4.44 times");
    assertThat(new AnnealedLangevin(5, .21 * square, true).warning(sigmas)).isPresent();
    assertThat(new AnnealedLangevin(5, .2 * square, true).warning(sigmas)).isEmpty();
    assertThat(AnnealedLangevin.defaults().warning(sigmas)).isEmpty();
    // The default rate on EDM's grid, whose least level is .002.
    double[] karras = Grid.Karras.defaults().sigmas(200);
    assertThatThrownBy(() -> new AnnealedLangevin(5, 8.1e-6, true).check(karras, .5))
        .hasMessageContaining("expected: below 8.00e-06");
    // 4.4 times the level's variance, as the sampler itself has it.
    AnnealedLangevin rest = new AnnealedLangevin(400, 1.55 * square, false);
    assertThat(bench.variance(rest, new double[] {.01, 0}, 1e-12) / square)
        .isCloseTo(1 / (1 - 1.55 / 2), within(1e-6));
    // At rest 1.25 / (1 - 1.5 / 2.5) = 3.125, of data of .25: 3.54 times as wide.
    assertThatThrownBy(() -> new AnnealedLangevin(400, 1.5, false).check(new double[] {1, 0}, .5))
        .hasMessageContaining("3.5 times as wide");
    // Levels that fall faster than steps follow.
    assertThatThrownBy(() -> AnnealedLangevin.defaults().check(Grid.Ve.defaults().sigmas(18), .5))
        .hasMessageContaining("cannot follow");
    AnnealedLangevin.defaults().check(new Grid.Ve(0.01, 50).sigmas(232), .5);
  }
}
