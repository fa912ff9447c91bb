package dev.tessera.models.diffusion.space;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;

final class PathTest {

  static final List<Path> CONTINUOUS =
      List.of(
          new Linear(),
          new Cosine(),
          VariancePreserving.defaults(),
          SubVariancePreserving.defaults(),
          VarianceExploding.defaults());

  private static double a(Path path, double time) {
    return path.scale(path.sigma(time));
  }

  private static double s(Path path, double time) {
    return path.sigma(time) * a(path, time);
  }

  @Test
  void timesAndNoiseLevelsAreInverse() {
    for (Path path : CONTINUOUS) {
      for (double time = 0.001; time < 1; time += 0.0317) {
        assertThat(path.time(path.sigma(time))).as("%s", path).isCloseTo(time, within(1e-12));
      }
    }
  }

  @Test
  void noiseGrowsWithTime() {
    for (Path path : CONTINUOUS) {
      for (double time = 0.001; time < 0.99; time += 0.01) {
        assertThat(path.sigma(time + 0.01)).isGreaterThan(path.sigma(time));
      }
    }
  }

  @Test
  void scalesAreThoseOfTheFamilies() {
    for (double t = 0.05; t < 1; t += 0.05) {
      assertThat(a(new Linear(), t)).isCloseTo(1 - t, within(1e-15));
      assertThat(s(new Linear(), t)).isCloseTo(t, within(1e-15));
      assertThat(a(new Cosine(), t)).isCloseTo(Math.cos(Math.PI * t / 2), within(1e-14));
      assertThat(s(new Cosine(), t)).isCloseTo(Math.sin(Math.PI * t / 2), within(1e-14));
      double vp = Math.exp(-19.9 * t * t / 4 - 0.1 * t / 2);
      assertThat(a(VariancePreserving.defaults(), t)).isCloseTo(vp, within(1e-14));
      assertThat(s(VariancePreserving.defaults(), t))
          .isCloseTo(Math.sqrt(1 - vp * vp), within(1e-14));
      assertThat(a(SubVariancePreserving.defaults(), t)).isCloseTo(vp, within(1e-13));
      assertThat(s(SubVariancePreserving.defaults(), t)).isCloseTo(1 - vp * vp, within(1e-13));
      assertThat(a(VarianceExploding.defaults(), t)).isEqualTo(1);
      assertThat(s(VarianceExploding.defaults(), t))
          .isCloseTo(0.01 * Math.pow(5000, t), within(1e-12));
    }
  }

  @Test
  void ratesAreTheDerivativesOfTheScales() {
    double h = 1e-5;
    for (Path path : CONTINUOUS) {
      for (double t = 0.02; t < 0.99; t += 0.03) {
        double data = (a(path, t + h) - a(path, t - h)) / (2 * h);
        double noise = (s(path, t + h) - s(path, t - h)) / (2 * h);
        double size = 1 + Math.abs(noise);
        Numbers at = Numbers.of(t);
        assertThat(path.dataRate(at).value()).as("%s", path).isCloseTo(data, within(1e-6));
        assertThat(path.noiseRate(at).value()).as("%s", path).isCloseTo(noise, within(size * 1e-6));
      }
    }
  }

  @Test
  void driftAndDiffusionAreThoseOfThePublishedEquations() {
    for (double t = 0.1; t < 0.95; t += 0.1) {
      double beta = 0.1 + 19.9 * t;
      double integral = 0.1 * t + 19.9 * t * t / 2;
      Path vp = VariancePreserving.defaults();
      assertThat(vp.drift(t)).isCloseTo(-beta / 2, within(1e-10));
      assertThat(vp.diffusion(t)).isCloseTo(beta, within(1e-9));
      Path sub = SubVariancePreserving.defaults();
      assertThat(sub.drift(t)).isCloseTo(-beta / 2, within(1e-10));
      assertThat(sub.diffusion(t)).isCloseTo(beta * (1 - Math.exp(-2 * integral)), within(1e-9));
      Path ve = VarianceExploding.defaults();
      double sigma = 0.01 * Math.pow(5000, t);
      assertThat(ve.drift(t)).isZero();
      assertThat(ve.diffusion(t))
          .isCloseTo(2 * sigma * sigma * Math.log(5000), within(1e-9 * sigma * sigma));
      Path linear = new Linear();
      assertThat(linear.drift(t)).isCloseTo(-1 / (1 - t), within(1e-12));
      assertThat(linear.diffusion(t)).isCloseTo(2 * t / (1 - t), within(1e-10));
    }
  }

  @Test
  void goldenValuesOfVpAndSubVp() {
    assertThat(VariancePreserving.defaults().sigma(0.5)).isCloseTo(3.4129183, within(1e-6));
    assertThat(VariancePreserving.defaults().sigma(1.0)).isCloseTo(152.16697, within(1e-4));
    assertThat(a(VariancePreserving.defaults(), 0.5)).isCloseTo(.281182881, within(1e-8));
    assertThat(s(VariancePreserving.defaults(), 0.5)).isCloseTo(.959654202, within(1e-8));
    assertThat(s(SubVariancePreserving.defaults(), 0.5)).isCloseTo(.920936188, within(1e-8));
  }

  @Test
  void endsAreReachedWithoutInfinities() {
    assertThat(new Linear().sigma(1.0)).isEqualTo(Path.NOISE_ALONE);
    assertThat(new Cosine().sigma(1.0)).isGreaterThan(Path.NOISE_ALONE / 2);
    for (Path path : CONTINUOUS) {
      assertThat(path.sigmaMax()).isFinite();
      assertThat(path.sigma(0.0)).isBetween(0.0, 0.011);
    }
    assertThat(new Linear().time(Path.NOISE_ALONE)).isCloseTo(1, within(1e-7));
  }

  /** {@code abar_j} for step j counted from 1, by the product of the published betas. */
  private static double abar(double[] betas, int j) {
    double product = 1;
    for (int i = 0; i < j; i++) {
      product *= 1 - betas[i];
    }
    return product;
  }

  private static double[] betas(Betas table, int steps) {
    double[] logs = table.logs(Numbers.of(0).range(steps), steps).values();
    double[] betas = new double[steps];
    for (int i = 0; i < steps; i++) {
      betas[i] = -Math.expm1(-logs[i]);
    }
    return betas;
  }

  @Test
  void discretePathsAreTheProductsOfTheirBetas() {
    for (Betas table :
        List.of(
            Betas.Linear.defaults(),
            Betas.ScaledLinear.defaults(),
            Betas.SquaredCosine.defaults())) {
      double[] betas = betas(table, 1000);
      double[] sigmas = new Discrete(table, 1000, false).sigmas();
      for (int j = 1; j <= 1000; j += 37) {
        double abar = abar(betas, j);
        double expected = Math.sqrt((1 - abar) / abar);
        assertThat(sigmas[j - 1]).as("%s", table).isCloseTo(expected, within(1e-9 * expected));
      }
    }
  }

  private static double abar(Betas table, int j) {
    double sigma = new Discrete(table, 1000, false).sigmas()[j - 1];
    return 1 / (1 + sigma * sigma);
  }

  @Test
  void goldenTables() {
    Betas linear = Betas.Linear.defaults();
    assertThat(abar(linear, 1)).isCloseTo(.9999, within(1e-12));
    assertThat(abar(linear, 500)).isCloseTo(.0785872429, within(1e-9));
    assertThat(abar(linear, 1000)).isCloseTo(4.03582977e-5, within(1e-12));
    Betas stable = Betas.ScaledLinear.defaults();
    assertThat(abar(stable, 1)).isCloseTo(.99915, within(1e-9));
    assertThat(abar(stable, 500)).isCloseTo(.277669650, within(1e-8));
    assertThat(abar(stable, 1000)).isCloseTo(.00466009851, within(1e-10));
    assertThat(abar(new Betas.ScaledLinear(.0015, .0195), 1000))
        .isCloseTo(1.42304e-4, within(1e-9));
    double[] cosine = betas(Betas.SquaredCosine.defaults(), 1000);
    assertThat(cosine[0]).isCloseTo(4.12842248e-5, within(1e-12));
    assertThat(cosine[499]).isCloseTo(.00314588623, within(1e-10));
    assertThat(cosine[999]).isCloseTo(.999, within(1e-12));
    assertThat(cosine[998]).isLessThan(.999);
    assertThat(abar(Betas.SquaredCosine.defaults(), 500)).isCloseTo(.493843590, within(1e-8));
    // EDM's table of iDDPM runs the other way: u_0 is the last step.
    double[] iddpm = new Discrete(Betas.SquaredCosine.defaults(), 1000, false).sigmas();
    assertThat(iddpm[999]).isCloseTo(20291.1696, within(1e-2));
    assertThat(iddpm[998]).isCloseTo(641.66235, within(1e-4));
    assertThat(iddpm[991]).isCloseTo(80.203702, within(1e-5));
    assertThat(iddpm[499]).isCloseTo(1.0123896, within(1e-6));
    assertThat(iddpm[0]).isCloseTo(.0064254128, within(1e-9));
  }

  @Test
  void linearBetasAreTheVpEquationsOwnSteps() {
    double[] betas = betas(Betas.Linear.defaults(), 1000);
    for (int i = 0; i < 1000; i++) {
      assertThat(betas[i]).isCloseTo((0.1 + 19.9 * i / 999) / 1000, within(1e-15));
    }
    // Fewer steps take longer ones on the same path, to rounding of the steps' length.
    double[] few = betas(Betas.Linear.defaults(), 250);
    for (int i = 0; i < 250; i++) {
      assertThat(few[i]).isCloseTo((0.1 + 19.9 * i / 249) / 250, within(1e-15));
    }
  }

  @Test
  void zeroTerminalSnrKeepsTheFirstStepAndEndsInNoise() {
    Discrete plain = new Discrete(Betas.ScaledLinear.defaults(), 1000, false);
    Discrete zero = new Discrete(Betas.ScaledLinear.defaults(), 1000, true);
    assertThat(zero.sigmas()[0]).isCloseTo(plain.sigmas()[0], within(1e-12));
    assertThat(zero.sigmaMax()).isCloseTo(Path.NOISE_ALONE, within(1.0));
    double[] sigmas = zero.sigmas();
    double first = Math.sqrt(1 / (1 + Math.pow(plain.sigmas()[0], 2)));
    double last = Math.sqrt(1 / (1 + Math.pow(plain.sigmaMax(), 2)));
    double middle = Math.sqrt(1 / (1 + Math.pow(plain.sigmas()[500], 2)));
    double expected = (middle - last) * first / (first - last);
    assertThat(1 / Math.sqrt(1 + sigmas[500] * sigmas[500])).isCloseTo(expected, within(1e-12));
  }

  @Test
  void everyStepOfADiscretePathIsReachedByItsTimes() {
    Discrete path = new Discrete(Betas.Linear.defaults(), 50, false);
    double[] sigmas = path.sigmas();
    for (int j = 0; j < 50; j++) {
      assertThat(path.sigma((j + 0.01) / 50)).isEqualTo(sigmas[j]);
      assertThat(path.sigma((j + 0.99) / 50)).isEqualTo(sigmas[j]);
      assertThat(path.sigma(path.time(sigmas[j]))).isEqualTo(sigmas[j]);
      assertThat(path.label(Numbers.of(sigmas[j] * 1.001)).value()).isEqualTo(j);
    }
    assertThat(path.sigma(1.0)).isEqualTo(sigmas[49]);
  }

  @Test
  void impossiblePathsAreRefused() {
    assertThatThrownBy(() -> new VarianceExploding(2, 1))
        .hasMessage("sigmaMin: 2.0 (expected: above 0 and below sigmaMax, 1.0)");
    assertThatThrownBy(() -> new VariancePreserving(20, 0.1)).hasMessageStartingWith("betaMin");
    assertThatThrownBy(() -> new Discrete(Betas.Linear.defaults(), 1, false))
        .hasMessage("steps: 1 (expected: 2 or more)");
    assertThatThrownBy(() -> new Discrete(Betas.Linear.defaults(), 20, false))
        .hasMessageStartingWith("steps: 20 (expected: more");
    assertThatThrownBy(() -> new Betas.Linear(0.1, 1)).hasMessageStartingWith("first: 0.1");
    assertThatThrownBy(() -> Discrete.defaults().drift(0.5))
        .hasMessageContaining("variance-preserving");
  }
}
