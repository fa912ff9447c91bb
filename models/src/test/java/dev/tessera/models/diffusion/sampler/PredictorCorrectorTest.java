package dev.tessera.models.diffusion.sampler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assertions.withinPercentage;

import dev.tessera.models.diffusion.law.Law;
import dev.tessera.models.diffusion.law.Mixture;
import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.runtime.NativeTensor;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Song et al.'s corrector, number for number: its step depends on the norms of the score and of the
 * noise at hand, so that no recursion of variances is exact, but with given noise all can be
 * written down.
 */
final class PredictorCorrectorTest {

  private static final int ROWS = 3;
  private static final int WIDTH = 4;
  private static final double MEAN = 0.3;
  private static final double DEVIATION = 0.5;

  @RegisterExtension private static final Bench bench = new Bench();

  private static double[] noise(int draw) {
    return Bench.drawn(ROWS * WIDTH, 17, draw);
  }

  private static double[] ours(Sampler sampler, double... sigmas) {
    Shape shape = Shape.of(ROWS, WIDTH);
    Law law = Mixture.gaussian(MEAN, DEVIATION);
    try (Chain chain = new Chain(bench.runtime(), shape);
        Law.Ideal ideal = law.denoiser(bench.runtime(), shape);
        NativeTensor start = tensor(noise(-1));
        NativeTensor end =
            chain.sample(sampler, ideal, sigmas, start, draw -> tensor(noise(draw)))) {
      return end.toDoubles();
    }
  }

  private static NativeTensor tensor(double... values) {
    NativeTensor tensor = bench.runtime().zeros(DType.FLOAT64, Shape.of(ROWS, WIDTH));
    tensor.set(values);
    return tensor;
  }

  /** Score, and the law's own: {@code -(x - mean) / (deviation^2 + sigma^2)}. */
  private static double[] score(double[] x, double sigma) {
    double[] score = new double[x.length];
    for (int i = 0; i < x.length; i++) {
      score[i] = -(x[i] - MEAN) / (DEVIATION * DEVIATION + sigma * sigma);
    }
    return score;
  }

  /** The mean over the batch of a sample's norm. */
  private static double norm(double... x) {
    double sum = 0;
    for (int row = 0; row < ROWS; row++) {
      double squares = 0;
      for (int i = row * WIDTH; i < (row + 1) * WIDTH; i++) {
        squares += x[i] * x[i];
      }
      sum += Math.sqrt(squares) / ROWS;
    }
    return sum;
  }

  /**
   * The VE form as published: {@code corrections} Langevin steps at a level, then the predictor
   * that leads to the next, whose last step adds no noise.
   */
  private static double[] published(double r, int corrections, boolean euler, double... sigmas) {
    double[] x = noise(-1);
    for (int i = 0; i < x.length; i++) {
      x[i] *= sigmas[0];
    }
    int draw = 0;
    for (int level = 0; level < sigmas.length - 1; level++) {
      for (int c = 0; c < corrections; c++) {
        double[] z = noise(draw++);
        double[] g = score(x, sigmas[level]);
        double step = 2 * Math.pow(r * norm(z) / norm(g), 2);
        for (int i = 0; i < x.length; i++) {
          x[i] += step * g[i] + Math.sqrt(2 * step) * z[i];
        }
      }
      double s = sigmas[level];
      double t = sigmas[level + 1];
      double[] g = score(x, s);
      boolean noisy = !euler && level < sigmas.length - 2;
      double[] z = noisy ? noise(draw++) : new double[x.length];
      for (int i = 0; i < x.length; i++) {
        x[i] +=
            euler ? (s - t) * s * g[i] : (s * s - t * t) * g[i] + Math.sqrt(s * s - t * t) * z[i];
      }
    }
    return x;
  }

  @Test
  void everyNumberIsThatOfThePublishedStep() {
    double[][] grids = {{2, .7}, {2, .7, 0}, {5, 2, .9, .3, .1}};
    for (double[] sigmas : grids) {
      for (double r : new double[] {.5, .16, 1.2}) {
        for (int corrections : new int[] {0, 1, 3}) {
          for (boolean euler : new boolean[] {true, false}) {
            OneStep predictor = euler ? new Euler() : ReverseDiffusion.defaults();
            double[] expected = published(r, corrections, euler, sigmas);
            assertThat(ours(new PredictorCorrector(predictor, r, corrections), sigmas))
                .as("r %s, %s corrections, %s, %s levels", r, corrections, predictor, sigmas.length)
                .containsExactly(expected, within(1e-11));
          }
        }
      }
    }
  }

  /** Langevin steps of relative size r keep {@code 1 + r^2} of the variance of a large batch. */
  @Test
  void atRestALawIsWiderByTheSquareOfTheSnr() {
    double r = 0.5;
    double v = 1;
    for (int i = 0; i < 100; i++) {
      double step = 2 * r * r / v;
      v = Math.pow(1 - step, 2) * v + 2 * step;
    }
    assertThat(v).isCloseTo(1 + r * r, within(1e-12));
    // Two levels as good as equal: the predictor hardly moves.
    Sampler still = new PredictorCorrector(new Euler(), r, 30);
    double[] end =
        bench.run(
            still,
            new double[] {1, 1 - 1e-9},
            Mixture.gaussian(0, 1e-6),
            Bench.normals(new SplittableRandom(11), 40_000));
    // Four standard errors of the variance of so many samples are 2.8 %.
    assertThat(variance(end)).isCloseTo(1 + r * r, withinPercentage(2.8));
  }

  private static double variance(double... values) {
    double mean = 0;
    double square = 0;
    for (double value : values) {
      mean += value / values.length;
      square += value * value / values.length;
    }
    return square - mean * mean;
  }

  @Test
  void theDefaultsEndInTheData() {
    double[] end =
        bench.run(
            PredictorCorrector.defaults(),
            new Grid.Ve(0.01, 50).sigmas(150),
            Mixture.gaussian(0, .5),
            Bench.normals(new SplittableRandom(11), 10_000));
    assertThat(Math.sqrt(variance(end)) / .5).isCloseTo(1, withinPercentage(8));
  }
}
