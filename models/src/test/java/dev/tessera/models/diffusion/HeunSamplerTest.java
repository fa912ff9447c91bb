package dev.tessera.models.diffusion;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.runtime.NativeTensor;
import dev.tessera.models.runtime.TorchRuntime;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.DoubleBinaryOperator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The sampler with ideal denoisers, of which the answer is known. */
final class HeunSamplerTest {

  private static TorchRuntime runtime;

  @BeforeAll
  static void open() {
    runtime = TorchRuntime.onCpu();
  }

  @AfterAll
  static void close() {
    runtime.close();
  }

  /** Element by element: {@code (x, sigma) -> E[clean | x]}. */
  private static Denoiser ideal(DoubleBinaryOperator mean) {
    return (x, sigma) -> {
      NativeTensor clean = runtime.zeros(DType.FLOAT64, x.shape());
      clean.set(Arrays.stream(x.toDoubles()).map(v -> mean.applyAsDouble(v, sigma)).toArray());
      return clean;
    };
  }

  private static double[] sample(KarrasGrid grid, Denoiser denoiser, double... noise) {
    try (HeunSampler sampler = new HeunSampler(runtime, grid, Shape.of(noise.length));
        NativeTensor start = runtime.zeros(DType.FLOAT64, Shape.of(noise.length))) {
      start.set(noise);
      try (NativeTensor end = sampler.sample(denoiser, start)) {
        assertThat(start.toDoubles()).as("the noise is not changed").isEqualTo(noise);
        return end.toDoubles();
      }
    }
  }

  private static KarrasGrid grid(int steps) {
    return new KarrasGrid(steps, 0.002, 80, 7);
  }

  @Test
  void aGaussianIsScaledByTheProductOfItsSteps() {
    double variance = 0.25;
    Denoiser gaussian = ideal((x, s) -> x * variance / (variance + s * s));
    for (int steps : new int[] {10, 18, 40, 80}) {
      double[] sigmas = grid(steps).sigmas();
      double factor = sigmas[0];
      for (int i = 0; i < steps; i++) {
        double s = sigmas[i];
        double t = sigmas[i + 1];
        double slope = s / (s * s + variance);
        double euler = 1 + (t - s) * slope;
        double ahead = t / (t * t + variance) * euler;
        factor *= t == 0 ? euler : 1 + (t - s) * (slope + ahead) / 2;
      }
      double[] noise = {-2, -0.3, 0, 1, 1.7};
      double[] end = sample(grid(steps), gaussian, noise);
      for (int i = 0; i < noise.length; i++) {
        assertThat(end[i]).isCloseTo(noise[i] * factor, within(1e-12));
      }
      // The deviation of the data, the nearer the more steps.
      assertThat(factor).as("%d steps", steps).isCloseTo(0.5, within(12.0 / (steps * steps)));
    }
  }

  @Test
  void twoPointsAreReachedExactly() {
    Denoiser twoPoints = ideal((x, s) -> Math.tanh(x / (s * s)));
    double[] end = sample(grid(18), twoPoints, 1 / 80.0, -1 / 80.0, 0.5, -0.5, 1.5, -1.5);
    assertThat(end).containsExactly(1, -1, 1, -1, 1, -1);
  }

  @Test
  void eachStepCallsTheDenoiserTwiceButTheLastOnce() {
    AtomicInteger calls = new AtomicInteger();
    Denoiser counted =
        (x, sigma) -> {
          calls.incrementAndGet();
          return runtime.zeros(DType.FLOAT64, x.shape());
        };
    sample(grid(18), counted, 1);
    assertThat(calls).hasValue(35);
  }

  // A mixture of three Gaussians, of which posterior mean and flow are known.
  private static final double[] WEIGHT = {.3, .5, .2};
  private static final double[] MEAN = {-1, .2, 1};
  private static final double[] DEVIATION = {.2, .3, .1};

  private static double mixture(double x, double sigma) {
    double[] log = new double[3];
    double[] clean = new double[3];
    for (int k = 0; k < 3; k++) {
      double own = DEVIATION[k] * DEVIATION[k];
      double total = own + sigma * sigma;
      double d = x - MEAN[k];
      log[k] = Math.log(WEIGHT[k]) - Math.log(total) / 2 - d * d / (2 * total);
      clean[k] = (own * x + sigma * sigma * MEAN[k]) / total;
    }
    double top = Arrays.stream(log).max().orElseThrow();
    double sum = 0;
    double value = 0;
    for (int k = 0; k < 3; k++) {
      double p = Math.exp(log[k] - top);
      sum += p;
      value += p * clean[k];
    }
    return value / sum;
  }

  @Test
  void theErrorFallsWithTheSquareOfTheSteps() {
    SplittableRandom random = new SplittableRandom(2);
    double[] noise = random.doubles(24, -1.5, 1.5).toArray();
    Denoiser ideal = ideal(HeunSamplerTest::mixture);
    double[][] ends = new double[4][];
    int[] steps = {65, 129, 257, 513};
    for (int i = 0; i < steps.length; i++) {
      ends[i] = withoutLastStep(steps[i], ideal, noise);
    }
    double[] exact = withoutLastStep(4097, ideal, noise);
    double before = error(ends[1], exact);
    for (int i = 2; i < steps.length; i++) {
      double now = error(ends[i], exact);
      assertThat(Math.log(before / now) / Math.log(2))
          .as("order between %d and %d steps", steps[i - 1], steps[i])
          .isCloseTo(2, within(0.1));
      before = now;
    }
  }

  /** Where the flow is at the least positive noise, found by a denoiser that stops there. */
  private static double[] withoutLastStep(int steps, Denoiser ideal, double... noise) {
    double last = grid(steps).sigmas()[steps - 1];
    double[][] seen = new double[1][];
    Denoiser watching =
        (x, sigma) -> {
          if (sigma == last) {
            seen[0] = x.toDoubles();
          }
          return ideal.denoise(x, sigma);
        };
    // The last call at that level is the last step's first: it sees the corrected state.
    sample(grid(steps), watching, noise);
    return seen[0];
  }

  private static double error(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += (a[i] - b[i]) * (a[i] - b[i]);
    }
    return Math.sqrt(sum / a.length);
  }
}
