package dev.tessera.models.diffusion.sampler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assertions.withinPercentage;

import dev.tessera.models.diffusion.law.Law;
import dev.tessera.models.diffusion.law.Mixture;
import dev.tessera.models.diffusion.space.Betas;
import dev.tessera.models.diffusion.space.Discrete;
import dev.tessera.models.diffusion.space.Linear;
import dev.tessera.models.diffusion.space.SubVariancePreserving;
import dev.tessera.models.diffusion.space.VarianceExploding;
import dev.tessera.models.diffusion.space.VariancePreserving;
import dev.tessera.models.runtime.NativeTensor;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * On a Gaussian every sampler is linear, so the variance of its samples follows a recursion that is
 * written here as the sampler's paper has it.
 */
final class StochasticSamplersTest {

  @RegisterExtension private static final Bench bench = new Bench();

  private static double[] respaced(int steps) {
    return new Grid.Respaced(Discrete.defaults(), Grid.Spacing.EVEN, false).sigmas(steps);
  }

  /** Ho et al. 2020, in x_t: mean of the posterior with the ideal noise of N(0, 1), plus noise. */
  private static double ancestral(double[] sigmas, boolean large) {
    double v = sigmas[0] * sigmas[0] / (1 + sigmas[0] * sigmas[0]);
    for (int i = 0; i < sigmas.length - 1; i++) {
      double abar = 1 / (1 + sigmas[i] * sigmas[i]);
      double before = 1 / (1 + sigmas[i + 1] * sigmas[i + 1]);
      double beta = 1 - abar / before;
      // x_t ~ N(0, 1): E[x0 | x_t] = sqrt(abar) x_t.
      double k =
          beta * Math.sqrt(before) / (1 - abar) * Math.sqrt(abar)
              + (1 - before) * Math.sqrt(1 - beta) / (1 - abar);
      double noise = large ? beta : beta * (1 - before) / (1 - abar);
      v = k * k * v + (sigmas[i + 1] == 0 ? 0 : noise);
    }
    return v;
  }

  @Test
  void ddpmFollowsItsVarianceRecursion() {
    for (boolean large : new boolean[] {true, false}) {
      Ddpm sampler = new Ddpm(large ? Ddpm.Variance.FIXED_LARGE : Ddpm.Variance.FIXED_SMALL);
      for (int steps : new int[] {10, 100, 1000}) {
        double expected = ancestral(respaced(steps), large);
        assertThat(bench.variance(sampler, respaced(steps), 1)).isCloseTo(expected, within(1e-10));
      }
    }
    assertThat(ancestral(respaced(1000), false)).isCloseTo(1, within(0.01));
  }

  /** DDIM with eta 1 on all steps is DDPM with the small variance: the same path for path. */
  @Test
  void ddimWithFullNoiseIsDdpm() {
    double[] sigmas = respaced(1000);
    double abar500 = 1 / (1 + Math.pow(Discrete.defaults().sigmas()[500], 2));
    double abar499 = 1 / (1 + Math.pow(Discrete.defaults().sigmas()[499], 2));
    double small = (1 - abar500 / abar499) * (1 - abar499) / (1 - abar500);
    double ours = Ddim.posterior(sigmas[499], sigmas[500]) * Math.sqrt(abar499);
    assertThat(ours).isCloseTo(Math.sqrt(small), within(1e-12));
    assertThat(Math.sqrt(small)).isCloseTo(.10025635, within(1e-8));
    double[] noise = {-1, 0.4, 2};
    Law law = Mixture.threeBells();
    double[] ddpm = bench.run(Ddpm.defaults(), sigmas, law, noise);
    assertThat(bench.run(new Ddim(1), sigmas, law, noise)).containsExactly(ddpm, within(2e-12));
    assertThat(publishedDdpm(sigmas, noise[1])).isCloseTo(ddpm[1], within(1e-9));
  }

  /** One trajectory in x_t with the noise that the sampler draws. */
  private static double publishedDdpm(double[] sigmas, double z) {
    NoiseSource source = bench.random(3, 5);
    double abar = 1 / (1 + sigmas[0] * sigmas[0]);
    double x = Math.sqrt(1 - abar) * z;
    for (int i = 0; i < sigmas.length - 1; i++) {
      double before = 1 / (1 + sigmas[i + 1] * sigmas[i + 1]);
      double beta = 1 - abar / before;
      double x0 = Bench.denoised(x / Math.sqrt(abar), sigmas[i]);
      double mean =
          beta * Math.sqrt(before) / (1 - abar) * x0
              + (1 - before) * Math.sqrt(1 - beta) / (1 - abar) * x;
      if (sigmas[i + 1] == 0) {
        return mean;
      }
      try (NativeTensor drawn = source.normal(i)) {
        double small = beta * (1 - before) / (1 - abar);
        x = mean + Math.sqrt(small) * drawn.toDoubles()[1];
      }
      abar = before;
    }
    return x;
  }

  @Test
  void eulerMaruyamaFollowsTheVpEquation() {
    int n = 200;
    double[] sigmas =
        Arrays.copyOf(new Grid.UniformTime(VariancePreserving.defaults(), 1e-3, 1).sigmas(n), n);
    double dt = (1 - 1e-3) / (n - 1);
    // x_t of N(0, 1) data has variance 1; score = -x.
    double v = sigmas[0] * sigmas[0] / (1 + sigmas[0] * sigmas[0]);
    for (int i = 0; i < n - 1; i++) {
      double b = 0.1 + 19.9 * (1 - i * dt);
      v = Math.pow(1 - b * dt / 2, 2) * v + b * dt;
    }
    double last = sigmas[n - 1];
    double inEdm = v * (1 + last * last);
    assertThat(bench.variance(EulerMaruyama.defaults(), sigmas, 1)).isCloseTo(inEdm, within(1e-9));
  }

  @Test
  void reversePredictorsOfVeFollowTheirRecursions() {
    double[] sigmas = new Grid.Ve(0.01, 50).sigmas(1000);
    double variance = 0.25;
    for (boolean ancestral : new boolean[] {false, true}) {
      double v = 2500;
      for (int i = 0; i < 999; i++) {
        double s = sigmas[i] * sigmas[i];
        double t = sigmas[i + 1] * sigmas[i + 1];
        double k = 1 - (s - t) / (variance + s);
        v = k * k * v + (ancestral ? t * (s - t) / s : s - t);
      }
      Sampler sampler = ancestral ? new Ddim(1) : ReverseDiffusion.defaults();
      double[] above = Arrays.copyOf(sigmas, 1000);
      assertThat(bench.variance(sampler, above, variance)).isCloseTo(v, within(1e-10));
      // The last step, without noise, takes the rest away.
      double k = variance / (variance + 1e-4);
      assertThat(bench.variance(sampler, sigmas, variance)).isCloseTo(k * k * v, within(1e-10));
      assertThat(v).isCloseTo(variance, within(0.02));
    }
  }

  @Test
  void reverseDiffusionOfVpTurnsTheChainRound() {
    double[] sigmas = respaced(1000);
    double variance = 0.25;
    double v = sigmas[0] * sigmas[0] / (1 + sigmas[0] * sigmas[0]);
    for (int i = 0; i < 999; i++) {
      double abar = 1 / (1 + sigmas[i] * sigmas[i]);
      double beta = 1 - abar * (1 + sigmas[i + 1] * sigmas[i + 1]);
      double marginal = abar * variance + 1 - abar;
      double k = 2 - Math.sqrt(1 - beta) - beta / marginal;
      v = k * k * v + beta;
    }
    double[] above = Arrays.copyOf(sigmas, 1000);
    double last = above[999];
    assertThat(bench.variance(new ReverseDiffusion(ReverseDiffusion.Form.VP), above, variance))
        .isCloseTo(v * (1 + last * last), within(1e-10));
  }

  @Test
  void everyReverseEquationEndsInTheData() {
    double variance = 0.25;
    double[] karras = Grid.Karras.defaults().sigmas(120);
    double[] times = new Grid.UniformTime(VariancePreserving.defaults(), 1e-3, 1).sigmas(200);
    double[] flow = Grid.Flow.defaults().sigmas(250);
    check(new Dpmpp2mSde(1), karras, variance, 3);
    check(new Ddim(0.5), karras, variance, 3);
    check(EulerMaruyama.defaults(), times, variance, 6);
    check(new EulerMaruyama(SubVariancePreserving.defaults()), times, variance, 6);
    check(
        new EulerMaruyama(new VarianceExploding(0.01, 50)),
        new Grid.Ve(0.01, 50).sigmas(300),
        variance,
        6);
    for (FlowSde.Form form : FlowSde.Form.values()) {
      double[] sigmas =
          form == FlowSde.Form.SBDM
              ? new Grid.UniformTime(new dev.tessera.models.diffusion.space.Linear(), 0.01, 0.99)
                  .sigmas(250)
              : flow;
      check(new FlowSde(form, 1), sigmas, variance, 6);
    }
  }

  /** Any noise leads to the data, so a law cannot tell one form from another. */
  @Test
  void theNoiseOfEachFormIsThePublishedOne() {
    double[] times = {0, 0.25, 0.5, 0.75, 1};
    double root = Math.sqrt(0.5);
    double[][] expected = {
      {2, 2, 2, 2, 2},
      {0, 2 / 3., 2, 6, Double.POSITIVE_INFINITY},
      {0, 0.5, 1, 1.5, 2},
      // Published with 1 for the data: (2 cos(pi (1 - t)) + 1)^2 / 4.
      {0.25, (1.5 - 2 * root) / 2, 0.25, (1.5 + 2 * root) / 2, 2.25},
      {0, 1, 2, 1, 0}
    };
    for (FlowSde.Form form : FlowSde.Form.values()) {
      FlowSde sampler = new FlowSde(form, 2);
      for (int i = 0; i < times.length; i++) {
        assertThat(sampler.w(times[i]))
            .as("%s at %s", form, times[i])
            .isCloseTo(expected[form.ordinal()][i], within(1e-12));
      }
    }
    // Of strength 1 it falls from all at noise to none at the data.
    assertThat(new FlowSde(FlowSde.Form.DECREASING, 1).w(1)).isEqualTo(1);
    assertThat(new FlowSde(FlowSde.Form.DECREASING, 1).w(0)).isZero();
  }

  private static void check(Sampler sampler, double[] sigmas, double variance, double percent) {
    sampler.check(sigmas, .5);
    assertThat(Math.sqrt(bench.variance(sampler, sigmas, variance) / variance))
        .as("%s", sampler)
        .isCloseTo(1, withinPercentage(percent));
  }

  @Test
  void levelsThatAStepCannotFollowAreRefusedWithAnotherChoice() {
    double[] flow = Grid.Flow.defaults().sigmas(50);
    double[] cosine =
        new Grid.Respaced(
                new Discrete(Betas.SquaredCosine.defaults(), 1000, false), Grid.Spacing.EVEN, false)
            .sigmas(18);
    for (double[] sigmas : List.of(flow, cosine, Grid.DynamicFlow.defaults().sigmas(250))) {
      for (Sampler sampler : List.of(ReverseDiffusion.defaults(), PredictorCorrector.defaults())) {
        assertThatThrownBy(() -> sampler.check(sigmas, .5))
            .isInstanceOf(IllegalArgumentException.class)
            .hasMessageContaining(
                "grid: a step from sigma " + (sigmas[0] > 1e7 ? "1.000e+08" : "2"))
            .hasMessageContaining("ddim with eta 1");
      }
      // What is offered instead.
      check(new Ddim(1), sigmas, .25, sigmas.length < 20 ? 20 : 8);
    }
    // Steps that overshoot from the start, though the grid is EDM's.
    Sampler few = new EulerMaruyama(new VarianceExploding(0.01, 50));
    assertThatThrownBy(() -> few.check(Grid.Karras.defaults().sigmas(5), .5))
        .hasMessageContaining("euler-maruyama");
    Sampler strong = new FlowSde(FlowSde.Form.CONSTANT, 100);
    assertThatThrownBy(() -> strong.check(Grid.Flow.defaults().sigmas(18), .5))
        .hasMessageContaining("flow-sde");
    ReverseDiffusion.defaults().check(new Grid.Ve(0.01, 50).sigmas(75), .5);
    Sampler long3 = new UniPc(3, true);
    double[] linear = new Grid.UniformTime(new Linear(), 1e-3, 1).sigmas(5);
    assertThatThrownBy(() -> long3.check(linear, .5)).hasMessageContaining("simple=false");
    new UniPc(3, false).check(linear, .5);
  }

  /** Rounding must not take the root of a negative number where all of a level is new noise. */
  @Test
  void ancestralStepsFromNoiseAloneAreNumbers() {
    SplittableRandom random = new SplittableRandom(4);
    for (int i = 0; i < 2000; i++) {
      double next = Math.exp(random.nextDouble(-6, 6));
      Step step = Ddpm.defaults().step(1e8, next);
      assertThat(step.clean()).isCloseTo(1, within(1e-9));
      assertThat(step.noise()).isCloseTo(next, within(1e-9 * next));
      assertThat(new Ddim(1).step(1e8, next).clean()).isCloseTo(1, within(1e-9));
    }
  }

  @Test
  void learnedVariancesLieBetweenBothFixedOnes() {
    double[] sigmas = respaced(20);
    double[] noise = {0.3, -1};
    Law law = Mixture.gaussian(0, 1);
    double[] large = bench.run(new Ddpm(Ddpm.Variance.FIXED_LARGE), sigmas, law, noise);
    double[] small = bench.run(new Ddpm(Ddpm.Variance.FIXED_SMALL), sigmas, law, noise);
    assertThat(learned(sigmas, law, 1, noise)).containsExactly(large, within(1e-12));
    assertThat(learned(sigmas, law, 0, noise)).containsExactly(small, within(1e-12));
    assertThatThrownBy(() -> bench.run(new Ddpm(Ddpm.Variance.LEARNED_RANGE), sigmas, law, noise))
        .hasMessageContaining("has learnt no variance");
  }

  private static double[] learned(double[] sigmas, Law law, double fraction, double... noise) {
    var shape = dev.tessera.models.graph.Shape.of(noise.length, 1);
    try (Chain chain = new Chain(bench.runtime(), shape);
        Law.Ideal ideal = law.denoiser(bench.runtime(), shape);
        NativeTensor start = bench.tensor(noise);
        NativeTensor end =
            chain.sample(
                new Ddpm(Ddpm.Variance.LEARNED_RANGE),
                new Fraction(ideal, fraction),
                sigmas,
                start,
                bench.random(noise.length, 5))) {
      return end.toDoubles();
    }
  }

  private record Fraction(Denoiser ideal, double value) implements Denoiser {
    @Override
    public NativeTensor denoise(NativeTensor x, double sigma) {
      return ideal.denoise(x, sigma);
    }

    @Override
    public java.util.Optional<Estimate> estimate(NativeTensor x, double sigma) {
      double[] values = new double[(int) x.size()];
      Arrays.fill(values, value);
      return java.util.Optional.of(new Estimate(denoise(x, sigma), bench.tensor(values)));
    }
  }

  @Test
  void guidanceOfGaussiansIsAGaussianAtEveryLevel() {
    double[] sigmas = Grid.Karras.defaults().sigmas(40);
    double sd = 0.5;
    for (double w : new double[] {0, 1, 2.5}) {
      Law conditional = Mixture.gaussian(0.6, sd);
      Law unconditional = Mixture.gaussian(-0.2, sd);
      Law expected = Mixture.gaussian(-0.2 + w * 0.8, sd);
      double[] noise = {-1.2, 0, 0.8};
      var shape = dev.tessera.models.graph.Shape.of(3, 1);
      try (Chain chain = new Chain(bench.runtime(), shape);
          Law.Ideal model = conditional.denoiser(bench.runtime(), shape);
          Law.Ideal reference = unconditional.denoiser(bench.runtime(), shape);
          Guided guided = new Guided(bench.runtime(), shape, model, reference, Guidance.of(w));
          NativeTensor start = bench.tensor(noise);
          NativeTensor end =
              chain.sample(Heun.defaults(), guided, sigmas, start, NoiseSource.none())) {
        assertThat(end.toDoubles())
            .containsExactly(bench.run(Heun.defaults(), sigmas, expected, noise), within(1e-12));
        assertThat(reference.calls()).as("weight %s", w).isEqualTo(w == 1 ? 0 : 79);
      }
    }
    Guidance interval = new Guidance(2, 0.3, 5);
    assertThat(List.of(interval.guides(0.2), interval.guides(1), interval.guides(6)))
        .containsExactly(false, true, false);
  }
}
