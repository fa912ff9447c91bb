package dev.tessera.models.diffusion.space;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

final class DesignTest {

  private static final double SD = 0.5;

  private static List<Path> paths(Prediction prediction) {
    List<Path> paths = new ArrayList<>(PathTest.CONTINUOUS);
    if (prediction != Prediction.FLOW) {
      paths.add(Discrete.defaults());
    }
    return paths;
  }

  private static double skip(Prediction prediction, double sigma, Path path, double sd) {
    return prediction.skip(Numbers.of(sigma), path, sd).value();
  }

  private static double out(Prediction prediction, double sigma, Path path, double sd) {
    return prediction.out(Numbers.of(sigma), path, sd).value();
  }

  @Test
  void everyPredictionTellsTheDataAndTheNoise() {
    SplittableRandom random = new SplittableRandom(3);
    for (Prediction prediction : Prediction.values()) {
      for (Path path : paths(prediction)) {
        for (int i = 0; i < 40; i++) {
          double sigma = Math.exp(random.nextDouble(-4, 3));
          double x0 = random.nextDouble(-1, 1);
          double eps = random.nextDouble(-2, 2);
          double x = x0 + sigma * eps;
          var target = prediction.of(Numbers.of(sigma), path, SD);
          double f = target.data().value() * x0 + target.noise().value() * eps;
          double found =
              skip(prediction, sigma, path, SD) * x + out(prediction, sigma, path, SD) * f;
          double size = 1 + Math.abs(x);
          assertThat(found).as("%s %s", prediction, path).isCloseTo(x0, within(1e-11 * size));
        }
      }
    }
  }

  /** x0 of each prediction by the formula of its own literature, in x_t and time. */
  @Test
  void conversionsAreThePublishedOnes() {
    SplittableRandom random = new SplittableRandom(4);
    for (Path path : PathTest.CONTINUOUS) {
      for (int i = 0; i < 40; i++) {
        double t = random.nextDouble(0.05, 0.95);
        double sigma = path.sigma(t);
        double a = path.scale(sigma);
        double s = sigma * a;
        double x0 = random.nextDouble(-1, 1);
        double eps = random.nextDouble(-2, 2);
        double xt = a * x0 + s * eps;
        check(path, Prediction.EPS, sigma, xt, eps, (xt - s * eps) / a);
        check(path, Prediction.SCORE, sigma, xt, -eps / s, x0);
        check(path, Prediction.SCALED_SCORE, sigma, xt, -eps, x0);
        double v = a * eps - s * x0;
        check(path, Prediction.V, sigma, xt, v, (a * xt - s * v) / (a * a + s * s));
        double u =
            path.dataRate(Numbers.of(t)).value() * x0 + path.noiseRate(Numbers.of(t)).value() * eps;
        check(path, Prediction.FLOW, sigma, xt, u, x0);
        if (path instanceof Linear) {
          check(path, Prediction.FLOW, sigma, xt, eps - x0, xt - t * (eps - x0));
        }
        if (path instanceof Cosine) {
          // The quarter circle's velocity is v, up to its speed.
          assertThat(u).isCloseTo(Math.PI / 2 * v, within(1e-12));
        }
      }
    }
  }

  private static void check(
      Path path, Prediction prediction, double sigma, double xt, double f, double x0) {
    double x = xt / path.scale(sigma);
    double found = skip(prediction, sigma, path, SD) * x + out(prediction, sigma, path, SD) * f;
    assertThat(found).as("%s %s", prediction, path).isCloseTo(x0, within(1e-9 * (1 + sigma)));
  }

  @Test
  void edmWithDataOfVarianceOneIsMinusV() {
    for (double sigma : new double[] {0.002, 0.1, 1, 7, 80}) {
      Path vp = VariancePreserving.defaults();
      assertThat(skip(Prediction.EDM, sigma, vp, 1))
          .isCloseTo(skip(Prediction.V, sigma, vp, 1), within(1e-15));
      assertThat(out(Prediction.EDM, sigma, vp, 1))
          .isCloseTo(-out(Prediction.V, sigma, vp, 1), within(1e-15));
    }
  }

  /** So the best F for normal data is 0: it has nothing to learn from its input. */
  @Test
  void edmsTargetHasVarianceOneAndNothingInCommonWithItsInput() {
    double sd = 0.5;
    Design edm = new Design(new Linear(), Prediction.EDM, new Preconditioning.Edm(), sd);
    Numbers sigma = Numbers.of(0.002, 0.1, 0.5, 3, 80);
    Prediction.Target<Numbers> target = edm.target(sigma);
    for (int i = 0; i < 5; i++) {
      double data = target.data().values()[i];
      double noise = target.noise().values()[i];
      assertThat(data * data * sd * sd + noise * noise).isCloseTo(1, within(1e-12));
      assertThat(data * sd * sd + noise * sigma.values()[i]).isCloseTo(0, within(1e-12));
    }
  }

  @Test
  void edmHasItsGoldenValues() {
    Design edm = new Design(new Linear(), Prediction.EDM, new Preconditioning.Edm(), SD);
    double[][] golden = {
      {0.5, 0.5, 0.353553, 1.414214, -0.173287, 8}, {1, 0.2, 0.447214, 0.894427, 0, 5}
    };
    for (double[] row : golden) {
      Numbers sigma = Numbers.of(row[0]);
      assertThat(edm.skip(sigma).value()).isCloseTo(row[1], within(1e-6));
      assertThat(edm.out(sigma).value()).isCloseTo(row[2], within(1e-6));
      assertThat(edm.in(sigma).value()).isCloseTo(row[3], within(1e-6));
      assertThat(edm.noise(sigma).value()).isCloseTo(row[4], within(1e-6));
      assertThat(new Weighting.Edm().weight(sigma, edm.path(), SD).value())
          .isCloseTo(row[5], within(1e-9));
    }
  }

  /** Table 1 of Karras et al. 2022. */
  @Test
  void otherFrameworksAreRowsOfOneTable() {
    for (double s : new double[] {0.01, 0.5, 3, 60}) {
      Numbers sigma = Numbers.of(s);
      Preconditioning vp = Preconditioning.Vp.defaults();
      double time = (Math.sqrt(0.01 + 2 * 19.9 * Math.log(1 + s * s)) - 0.1) / 19.9;
      assertThat(vp.in(sigma, new Linear(), SD).value())
          .isCloseTo(1 / Math.sqrt(s * s + 1), within(1e-14));
      assertThat(vp.noise(sigma, new Linear()).value()).isCloseTo(999 * time, within(1e-9));
      assertThat(skip(Prediction.EPS, s, new Linear(), SD)).isEqualTo(1);
      assertThat(out(Prediction.EPS, s, new Linear(), SD)).isEqualTo(-s);
      Preconditioning ve = new Preconditioning.Ve();
      assertThat(ve.in(sigma, new Linear(), SD).value()).isEqualTo(1);
      assertThat(ve.noise(sigma, new Linear()).value()).isCloseTo(Math.log(s / 2), within(1e-14));
      assertThat(out(Prediction.SCALED_SCORE, s, new Linear(), SD)).isEqualTo(s);
    }
    Preconditioning iddpm = Preconditioning.Iddpm.defaults();
    // 999 - argmin |u_j - sigma|: u_8 is 80.2, u_500 1.0124.
    assertThat(iddpm.noise(Numbers.of(80.0), new Linear()).value()).isEqualTo(991);
    assertThat(iddpm.noise(Numbers.of(1.0124), new Linear()).value()).isEqualTo(499);
  }

  /** The weight of the error of F is 1 for the loss that is named after it. */
  @Test
  void weightsAreEachPredictionsOwnMeanSquare() {
    Path vp = VariancePreserving.defaults();
    for (double s : new double[] {0.003, 0.2, 1, 9, 70}) {
      assertThat(weight(vp, Prediction.EPS, new Weighting.Eps(), s)).isCloseTo(1, within(1e-12));
      assertThat(weight(vp, Prediction.V, new Weighting.V(), s)).isCloseTo(1, within(1e-12));
      assertThat(weight(vp, Prediction.EDM, new Weighting.Edm(), s)).isCloseTo(1, within(1e-12));
      assertThat(weight(vp, Prediction.X0, new Weighting.Data(), s)).isEqualTo(1);
      assertThat(weight(new Linear(), Prediction.FLOW, new Weighting.Flow(), s))
          .isCloseTo(1, within(1e-12));
      double snr = 1 / (s * s);
      assertThat(weight(vp, Prediction.EPS, MIN_SNR, s))
          .isCloseTo(Math.min(snr, 5) / snr, within(1e-12));
      assertThat(weight(vp, Prediction.V, MIN_SNR, s))
          .isCloseTo(Math.min(snr, 5) / (snr + 1), within(1e-12));
      assertThat(new Weighting.SoftMinSnr(4).weight(Numbers.of(s), vp, SD).value())
          .isCloseTo(4 * snr / (snr + 4), within(1e-12 * (1 + snr)));
    }
  }

  private static final Weighting MIN_SNR = new Weighting.MinSnr(5);

  private static double weight(Path path, Prediction prediction, Weighting weighting, double s) {
    return new Design(path, prediction, new Preconditioning.Own(), SD)
        .weight(weighting, Numbers.of(s))
        .value();
  }

  @Test
  void likelihoodWeightsTheScoreByTheDiffusion() {
    for (Path path : PathTest.CONTINUOUS) {
      for (double t = 0.1; t < 0.95; t += 0.1) {
        double sigma = path.sigma(t);
        double s = sigma * path.scale(sigma);
        // An error e of D is one of e / (sigma s) of the score of x_t.
        double expected = path.diffusion(t) / Math.pow(sigma * s, 2);
        double found = new Weighting.Likelihood().weight(Numbers.of(sigma), path, SD).value();
        assertThat(found).as("%s", path).isCloseTo(expected, within(1e-9 * expected));
      }
    }
  }

  @Test
  void impossibleCombinationsAreRefusedWithTheNearestValidOne() {
    Discrete zero = new Discrete(Betas.Linear.defaults(), 1000, true);
    Preconditioning own = new Preconditioning.Own();
    assertThatThrownBy(() -> new Design(zero, Prediction.EPS, own, SD))
        .hasMessageStartingWith("prediction: eps (expected: v")
        .hasMessageContaining("zero-terminal-snr=false");
    new Design(zero, Prediction.V, own, SD);
    assertThatThrownBy(() -> new Design(Discrete.defaults(), Prediction.FLOW, own, SD))
        .hasMessageStartingWith("prediction: flow (expected: v");
    Design eps = new Design(new Linear(), Prediction.EPS, own, SD);
    assertThatThrownBy(() -> eps.check(new NoiseDistribution.Uniform(1e-3, 1)))
        .hasMessageContaining("0.999");
    eps.check(new NoiseDistribution.Uniform(1e-3, 0.999));
    eps.check(NoiseDistribution.LogNormal.defaults());
    new Design(new Linear(), Prediction.FLOW, own, SD).check(new NoiseDistribution.Uniform(0, 1));
  }
}
