package dev.tessera.models.diffusion.sampler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.tessera.models.diffusion.law.Law;
import dev.tessera.models.diffusion.law.Mixture;
import dev.tessera.models.diffusion.space.Betas;
import dev.tessera.models.diffusion.space.Cosine;
import dev.tessera.models.diffusion.space.Discrete;
import dev.tessera.models.diffusion.space.Linear;
import dev.tessera.models.diffusion.space.VarianceExploding;
import dev.tessera.models.diffusion.space.VariancePreserving;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.runtime.NativeTensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

final class DeterministicSamplersTest {

  private static final double VARIANCE = 0.25;
  private static final Law GAUSSIAN = Mixture.gaussian(0, 0.5);
  @RegisterExtension private static final Bench bench = new Bench();

  private static double[] grid(int steps) {
    return Grid.Karras.defaults().sigmas(steps);
  }

  /** The levels without the final 0. */
  private static double[] above(int steps) {
    return Arrays.copyOf(grid(steps), steps);
  }

  private static double gain(double sigma) {
    return VARIANCE / (VARIANCE + sigma * sigma);
  }

  /** Each sampler multiplies a Gaussian's x by a factor that its published formula gives. */
  @Test
  void aGaussianIsScaledByTheRecursionOfEachSampler() {
    for (int steps : new int[] {10, 18, 40, 80}) {
      double[] sigmas = grid(steps);
      Map<Sampler, Double> expected = new LinkedHashMap<>();
      expected.put(new Euler(), euler(sigmas));
      expected.put(new Ddim(0), euler(sigmas));
      expected.put(Heun.defaults(), heun(sigmas));
      expected.put(Dpmpp2m.defaults(), multistep(sigmas));
      expected.put(new Dpmpp2s(), singlestep(sigmas));
      expected.forEach(
          (sampler, factor) -> {
            double[] noise = {-2, -0.3, 0, 1, 1.7};
            double[] end = bench.run(sampler, sigmas, GAUSSIAN, noise);
            for (int i = 0; i < noise.length; i++) {
              assertThat(end[i])
                  .as("%s, %d steps", sampler, steps)
                  .isCloseTo(noise[i] * factor, within(1e-11));
            }
          });
    }
  }

  private static double euler(double[] sigmas) {
    double x = sigmas[0];
    for (int i = 0; i < sigmas.length - 1; i++) {
      double slope = (x - gain(sigmas[i]) * x) / sigmas[i];
      x += (sigmas[i + 1] - sigmas[i]) * slope;
    }
    return x;
  }

  private static double heun(double[] sigmas) {
    double x = sigmas[0];
    for (int i = 0; i < sigmas.length - 1; i++) {
      double s = sigmas[i];
      double t = sigmas[i + 1];
      double slope = (x - gain(s) * x) / s;
      double ahead = x + (t - s) * slope;
      x = t == 0 ? ahead : x + (t - s) / 2 * (slope + (ahead - gain(t) * ahead) / t);
    }
    return x;
  }

  private static double multistep(double[] sigmas) {
    double x = sigmas[0];
    double before = 0;
    for (int i = 0; i < sigmas.length - 1; i++) {
      double d = gain(sigmas[i]) * x;
      if (sigmas[i + 1] == 0) {
        return d;
      }
      double lambda = -Math.log(sigmas[i]);
      double h = -Math.log(sigmas[i + 1]) - lambda;
      double both = d;
      if (i > 0) {
        double r = (lambda + Math.log(sigmas[i - 1])) / h;
        both = (1 + 1 / (2 * r)) * d - before / (2 * r);
      }
      x = sigmas[i + 1] / sigmas[i] * x - Math.expm1(-h) * both;
      before = d;
    }
    return x;
  }

  private static double singlestep(double[] sigmas) {
    double x = sigmas[0];
    for (int i = 0; i < sigmas.length - 1; i++) {
      double d = gain(sigmas[i]) * x;
      if (sigmas[i + 1] == 0) {
        return d;
      }
      double h = Math.log(sigmas[i]) - Math.log(sigmas[i + 1]);
      double s = sigmas[i] * Math.exp(-h / 2);
      double u = s / sigmas[i] * x - Math.expm1(-h / 2) * d;
      x = sigmas[i + 1] / sigmas[i] * x - Math.expm1(-h) * gain(s) * u;
    }
    return x;
  }

  @Test
  void theFlowsExactMapIsApproached() {
    double[] sigmas = above(80);
    double exact = 80 * Math.sqrt((VARIANCE + sigmas[79] * sigmas[79]) / (VARIANCE + 6400));
    for (Sampler sampler :
        List.of(Heun.defaults(), Dpmpp2m.defaults(), new Dpmpp2s(), new UniPc(3, false))) {
      assertThat(bench.run(sampler, sigmas, GAUSSIAN, 1)[0])
          .as("%s", sampler)
          .isCloseTo(exact, within(2e-3));
    }
    for (var path :
        List.of(
            VariancePreserving.defaults(),
            new Linear(),
            new Cosine(),
            new VarianceExploding(0.002, 80))) {
      Sampler adaptive = new RungeKutta(path, 1e-9, 1e-9);
      assertThat(bench.run(adaptive, sigmas, GAUSSIAN, 1)[0])
          .as("%s", path)
          .isCloseTo(exact, within(1e-6));
    }
    // From 80 z the deviation of data is reached but for what noise is left and lost.
    assertThat(80 / Math.sqrt(VARIANCE + 6400)).isCloseTo(.99998047, within(1e-8));
  }

  @Test
  void ordersOfConvergence() {
    Map<Sampler, Double> orders = new LinkedHashMap<>();
    orders.put(new Euler(), 1.0);
    orders.put(new Ddim(0), 1.0);
    orders.put(Heun.defaults(), 2.0);
    orders.put(new Heun(0, 0, 1, 1, 0.5), 2.0);
    orders.put(Dpmpp2m.defaults(), 2.0);
    orders.put(new Dpmpp2s(), 2.0);
    orders.put(new Dpmpp2mSde(0), 2.0);
    Law law = Mixture.threeBells();
    double[] noise = new SplittableRandom(2).doubles(24, -1.5, 1.5).toArray();
    double[] exact = bench.run(new RungeKutta(new Linear(), 1e-12, 1e-12), above(2), law, noise);
    orders.forEach(
        (sampler, order) -> {
          List<Double> errors = new ArrayList<>();
          for (int steps : new int[] {129, 257, 513}) {
            errors.add(Bench.rmse(bench.run(sampler, above(steps), law, noise), exact));
          }
          for (int i = 1; i < errors.size(); i++) {
            assertThat(Math.log(errors.get(i - 1) / errors.get(i)) / Math.log(2))
                .as("%s, %s", sampler, errors)
                .isCloseTo(order, within(0.1));
          }
        });
    // UniPC gains an order by its corrector (Zhao et al. 2023, theorem 3.1).
    double coarse = Bench.rmse(bench.run(new UniPc(2, false), above(129), law, noise), exact);
    double fine = Bench.rmse(bench.run(new UniPc(2, false), above(257), law, noise), exact);
    assertThat(Math.log(coarse / fine) / Math.log(2)).isBetween(1.9, 3.3);
    double third = Bench.rmse(bench.run(new UniPc(3, false), above(257), law, noise), exact);
    assertThat(third).isLessThan(fine);
  }

  /** Errors of adaptive steps fall with the fifth power of the calls that a tolerance costs. */
  @Test
  void theAdaptiveSolverIsOfFifthOrder() {
    Law law = Mixture.threeBells();
    double[] noise = new SplittableRandom(2).doubles(24, -1.5, 1.5).toArray();
    double[] exact = bench.run(new RungeKutta(new Linear(), 1e-14, 1e-14), above(2), law, noise);
    double[] calls = new double[2];
    double[] errors = new double[2];
    double[] tolerances = {1e-10, 1e-12};
    for (int i = 0; i < 2; i++) {
      Shape shape = Shape.of(noise.length, 1);
      Sampler solver = new RungeKutta(new Linear(), tolerances[i], tolerances[i]);
      try (Chain chain = new Chain(bench.runtime(), shape);
          Law.Ideal ideal = law.denoiser(bench.runtime(), shape);
          NativeTensor start = bench.tensor(noise);
          NativeTensor end = chain.sample(solver, ideal, above(2), start, NoiseSource.none())) {
        errors[i] = Bench.rmse(end.toDoubles(), exact);
        calls[i] = ideal.calls();
      }
    }
    assertThat(Math.log(errors[0] / errors[1]) / Math.log(calls[1] / calls[0]))
        .as("errors %s, calls %s", Arrays.toString(errors), Arrays.toString(calls))
        .isBetween(4.5, 6.0);
  }

  @Test
  void atEqualCallsTheErrorsFallInThePublishedOrder() {
    Law law = Mixture.threeBells();
    double[] noise = new SplittableRandom(3).doubles(4000, -2.5, 2.5).toArray();
    double[] exact = bench.run(new RungeKutta(new Linear(), 1e-10, 1e-10), above(2), law, noise);
    double euler = Bench.rmse(bench.run(new Euler(), above(36), law, noise), exact);
    double heun = Bench.rmse(bench.run(Heun.defaults(), above(18), law, noise), exact);
    double single = Bench.rmse(bench.run(new Dpmpp2s(), above(18), law, noise), exact);
    double multi = Bench.rmse(bench.run(Dpmpp2m.defaults(), above(36), law, noise), exact);
    assertThat(heun).isLessThan(euler);
    assertThat(single).isLessThan(heun);
    assertThat(multi).isLessThan(single);
  }

  private static Map<String, Grid> fromNoiseAlone() {
    return Map.of(
        "flow", Grid.Flow.defaults(),
        "flow of a small shift", new Grid.Flow(.2),
        "dynamic flow", Grid.DynamicFlow.defaults(),
        "linear", new Grid.UniformTime(new Linear(), 1e-3, 1),
        "almost noise alone", new Grid.UniformTime(new Linear(), 1e-3, .9999),
        "cosine", new Grid.UniformTime(new Cosine(), 1e-3, 1),
        "zero terminal SNR",
            new Grid.Respaced(
                new Discrete(Betas.Linear.defaults(), 1000, true), Grid.Spacing.TRAILING, false),
        "iDDPM's steps",
            new Grid.Respaced(
                new Discrete(Betas.SquaredCosine.defaults(), 1000, false),
                Grid.Spacing.EVEN,
                false));
  }

  /** Slopes of sigma would give deviations up to 1e6 times the law's. */
  @Test
  void heunReachesTheLawFromNoiseAlone() {
    fromNoiseAlone()
        .forEach(
            (name, grid) -> {
              for (double alpha : new double[] {1, .5}) {
                Sampler heun = new Heun(0, 0, 1, 1, alpha);
                double[] sigmas = grid.sigmas(18);
                assertThat(bench.run(heun, sigmas, GAUSSIAN, 1)[0] / .5)
                    .as("%s, alpha %s", name, alpha)
                    .isCloseTo(1, within(name.startsWith("zero") ? .07 : .035));
              }
            });
    // Written by hand: x_t = (1 - t) x, u = eps - D; the flow of two steps, noise alone to 1 to 0.
    double y = 1;
    double first = 1;
    double ahead = y - first / 2;
    double gain = .25 / 1.25;
    double second = 2 * ahead * (1 - gain) - 2 * ahead * gain;
    y -= (first + second) / 2 / 2;
    double expected = gain * 2 * y;
    assertThat(bench.run(Heun.defaults(), Grid.Flow.defaults().sigmas(2), GAUSSIAN, 1)[0])
        .isCloseTo(expected, within(1e-7));
  }

  /** One step from a level far above the next, with the second slope at a part of it. */
  @Test
  void heunTakesItsSecondSlopeAtThePartOfFlowTime() {
    double sigma = 1000;
    double next = 1;
    for (double alpha : new double[] {.5, .75, 1}) {
      double t = sigma / (1 + sigma);
      double dt = next / (1 + next) - t;
      double y = sigma / (1 + sigma);
      double first = slope(t, y);
      double second = slope(t + alpha * dt, y + alpha * dt * first);
      double end = y + dt * ((1 - .5 / alpha) * first + .5 / alpha * second);
      double[] found =
          bench.run(new Heun(0, 0, 1, 1, alpha), new double[] {sigma, next}, GAUSSIAN, 1);
      assertThat(found[0]).as("alpha %s", alpha).isCloseTo(end * (1 + next), within(1e-9));
    }
  }

  /** Noise less data of the flow, both as the mean of a normal law of variance .25 says. */
  private static double slope(double t, double y) {
    double x = y / (1 - t);
    double level = t / (1 - t);
    double clean = .25 / (.25 + level * level) * x;
    return (x - clean) / level - clean;
  }

  @Test
  void heunIsOfSecondOrderFromNoiseAlone() {
    Law law = Mixture.threeBells();
    double[] noise = new SplittableRandom(2).doubles(24, -1.5, 1.5).toArray();
    Levels linear = n -> Arrays.copyOf(new Grid.UniformTime(new Linear(), .01, 1).sigmas(n), n);
    double[] exact =
        bench.run(new RungeKutta(new Linear(), 1e-12, 1e-12), linear.of(2), law, noise);
    double coarse = Bench.rmse(bench.run(Heun.defaults(), linear.of(257), law, noise), exact);
    double fine = Bench.rmse(bench.run(Heun.defaults(), linear.of(513), law, noise), exact);
    assertThat(Math.log(coarse / fine) / Math.log(2)).isCloseTo(2, within(.15));
  }

  private interface Levels {
    double[] of(int steps);
  }

  @Test
  void everyDeterministicSamplerKeepsTheLawOnAllGrids() {
    for (Sampler sampler :
        List.of(
            Heun.defaults(),
            Dpmpp2m.defaults(),
            new Dpmpp2s(),
            UniPc.defaults(),
            new UniPc(3, false),
            new UniPc(3, true),
            new RungeKutta(new Linear(), 1e-5, 1e-5))) {
      fromNoiseAlone()
          .forEach(
              (name, grid) -> {
                sampler.check(grid.sigmas(50), .5);
                assertThat(bench.run(sampler, grid.sigmas(50), GAUSSIAN, 1)[0] / .5)
                    .as("%s, %s", sampler, name)
                    .isCloseTo(1, within(.04));
              });
    }
  }

  @Test
  void twoPointsAreReachedExactly() {
    double[] noise = {1 / 80.0, -1 / 80.0, 0.5, -0.5, 1.5, -1.5};
    assertThat(bench.run(Heun.defaults(), grid(18), Mixture.twoPoints(), noise))
        .containsExactly(1, -1, 1, -1, 1, -1);
  }

  /** Four frameworks, one update: each is written as its paper has it, in its own coordinates. */
  @Test
  void flowMatchingDdimEdmAndDpmSolverTakeTheSameStep() {
    double[] sigmas = Grid.Karras.defaults().sigmas(12);
    Law law = Mixture.threeBells();
    double[] noise = {-1.3, 0.2, 0.9};
    double[] ours = bench.run(new Euler(), sigmas, law, noise);
    for (int i = 0; i < noise.length; i++) {
      assertThat(flow(sigmas, noise[i])).isCloseTo(ours[i], within(1e-12));
      assertThat(ddim(sigmas, noise[i])).isCloseTo(ours[i], within(1e-12));
      assertThat(edm(sigmas, noise[i])).isCloseTo(ours[i], within(1e-12));
      assertThat(dpm(sigmas, noise[i])).isCloseTo(ours[i], within(1e-12));
    }
  }

  private static double flow(double[] sigmas, double z) {
    double t = sigmas[0] / (1 + sigmas[0]);
    double x = t * z;
    for (int i = 1; i < sigmas.length; i++) {
      double next = sigmas[i] / (1 + sigmas[i]);
      double clean = Bench.denoised(x / (1 - t), t / (1 - t));
      double u = (x - clean) / t;
      x += (next - t) * u;
      t = next;
    }
    return x;
  }

  private static double ddim(double[] sigmas, double z) {
    double abar = 1 / (1 + sigmas[0] * sigmas[0]);
    double x = Math.sqrt(1 - abar) * z;
    for (int i = 1; i < sigmas.length; i++) {
      double next = 1 / (1 + sigmas[i] * sigmas[i]);
      double x0 = Bench.denoised(x / Math.sqrt(abar), sigmas[i - 1]);
      double eps = (x - Math.sqrt(abar) * x0) / Math.sqrt(1 - abar);
      x = Math.sqrt(next) * x0 + Math.sqrt(1 - next) * eps;
      abar = next;
    }
    return x;
  }

  private static double edm(double[] sigmas, double z) {
    double x = sigmas[0] * z;
    for (int i = 1; i < sigmas.length; i++) {
      x += (sigmas[i] - sigmas[i - 1]) * (x - Bench.denoised(x, sigmas[i - 1])) / sigmas[i - 1];
    }
    return x;
  }

  private static double dpm(double[] sigmas, double z) {
    double x = sigmas[0] * z;
    for (int i = 1; i < sigmas.length; i++) {
      double h = Math.log(sigmas[i - 1] / sigmas[i]);
      double clean = Bench.denoised(x, sigmas[i - 1]);
      x = sigmas[i] / sigmas[i - 1] * x - Math.expm1(-h) * clean;
    }
    return x;
  }

  @Test
  void samplersCallTheDenoiserAsOftenAsTheySay() {
    double[] noise = {0.3};
    for (Sampler sampler :
        List.of(
            new Euler(),
            Heun.defaults(),
            Dpmpp2m.defaults(),
            new Dpmpp2s(),
            UniPc.defaults(),
            Ddim.defaults())) {
      for (double[] sigmas : List.of(grid(18), above(18))) {
        var shape = dev.tessera.models.graph.Shape.of(1, 1);
        try (Chain chain = new Chain(bench.runtime(), shape);
            Law.Ideal ideal = GAUSSIAN.denoiser(bench.runtime(), shape);
            var start = bench.tensor(noise)) {
          chain.sample(sampler, ideal, sigmas, start, NoiseSource.none()).close();
          assertThat(ideal.calls()).as("%s", sampler).isEqualTo(sampler.evaluations(sigmas));
          assertThat(start.toDoubles()).as("the noise is not changed").isEqualTo(noise);
        }
      }
    }
    assertThat(Heun.defaults().evaluations(grid(18))).isEqualTo(35);
  }
}
