package dev.tessera.models.diffusion.sampler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.tessera.models.diffusion.law.Law;
import dev.tessera.models.diffusion.law.Mixture;
import dev.tessera.models.diffusion.space.Cosine;
import dev.tessera.models.diffusion.space.Discrete;
import dev.tessera.models.diffusion.space.Linear;
import dev.tessera.models.diffusion.space.VariancePreserving;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.runtime.NativeTensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Data that are one point c: the denoiser says c, the flow's trajectories are straight, {@code c +
 * sigma eps}, and DDPM's reverse steps are the posterior's own (Ho et al. 2020, section 3.2: its
 * small variance is the best for such data), so that whole trajectories are known exactly.
 */
final class PointLawTest {

  private static final double POINT = 0.7;
  private static final Law LAW = Mixture.gaussian(POINT, 0);
  private static final double[] NOISE = {-1.4, 0.2, 1.1};
  private static final long SEED = 5;

  @RegisterExtension private static final Bench bench = new Bench();

  private static double[] respaced(int steps) {
    return new Grid.Respaced(Discrete.defaults(), Grid.Spacing.EVEN, false).sigmas(steps);
  }

  private static List<double[]> grids() {
    return List.of(
        Grid.Karras.defaults().sigmas(7),
        Grid.Flow.defaults().sigmas(5),
        new Grid.UniformTime(new Cosine(), 1e-3, 1).sigmas(6));
  }

  /** Every solver of the flow, on grids from noise alone too, at each level and at the end. */
  @Test
  void theFlowsTrajectoriesAreStraight() {
    List<Sampler> samplers =
        new ArrayList<>(
            List.of(
                new Euler(),
                Ddim.defaults(),
                Heun.defaults(),
                new Heun(0, 0, 1, 1, .5),
                Dpmpp2m.defaults(),
                new Dpmpp2s(),
                new Dpmpp2mSde(0),
                new RungeKutta(new Linear(), 1e-8, 1e-8),
                new RungeKutta(VariancePreserving.defaults(), 1e-8, 1e-8)));
    for (int order = 1; order <= 3; order++) {
      samplers.add(new UniPc(order, true));
      samplers.add(new UniPc(order, false));
    }
    for (Sampler sampler : samplers) {
      for (double[] sigmas : grids()) {
        for (int levels : new int[] {2, sigmas.length - 1, sigmas.length}) {
          double[] part = Arrays.copyOf(sigmas, levels);
          double next = part[levels - 1];
          // An adaptive solver meets its tolerance.
          double tolerance = sampler instanceof RungeKutta ? 1e-5 : 1e-10;
          double[] straight = new double[NOISE.length];
          for (int i = 0; i < NOISE.length; i++) {
            straight[i] = POINT + next * (NOISE[i] - POINT / part[0]);
          }
          assertThat(bench.run(sampler, part, LAW, NOISE))
              .as("%s, down to level %s of %s", sampler, next, sigmas.length)
              .containsExactly(straight, within(tolerance * (1 + next)));
        }
      }
    }
  }

  /** In x_t: mean of the posterior of c and x_t, and its noise, number for number. */
  private static double[] published(double[] sigmas, double fraction) {
    double abar = 1 / (1 + sigmas[0] * sigmas[0]);
    double[] x = Arrays.stream(NOISE).map(z -> z * sigmas[0]).toArray();
    for (int j = 0; j < x.length; j++) {
      x[j] *= Math.sqrt(abar);
    }
    for (int i = 0; i < sigmas.length - 1; i++) {
      double before = 1 / (1 + sigmas[i + 1] * sigmas[i + 1]);
      double beta = 1 - abar / before;
      double small = beta * (1 - before) / (1 - abar);
      double variance = Math.pow(beta, fraction) * Math.pow(small, 1 - fraction);
      double[] z = sigmas[i + 1] == 0 ? new double[x.length] : Bench.drawn(x.length, SEED, i);
      for (int j = 0; j < x.length; j++) {
        double mean =
            beta * Math.sqrt(before) / (1 - abar) * POINT
                + (1 - before) * Math.sqrt(1 - beta) / (1 - abar) * x[j];
        x[j] = mean + (sigmas[i + 1] == 0 ? 0 : Math.sqrt(variance)) * z[j];
      }
      abar = before;
    }
    double scale = Math.sqrt(abar);
    return Arrays.stream(x).map(v -> v / scale).toArray();
  }

  @Test
  void ancestralTrajectoriesAreThePosteriorsNumberForNumber() {
    for (int steps : new int[] {2, 25, 1000}) {
      double[] sigmas = respaced(steps);
      for (int levels : new int[] {2, steps / 2 + 1, steps, steps + 1}) {
        double[] part = Arrays.copyOf(sigmas, levels);
        String as = steps + " steps, " + levels + " levels";
        double[] small = bench.run(Ddpm.defaults(), part, LAW, NOISE);
        assertThat(small).as(as).containsExactly(published(part, 0), within(2e-11 * (1 + part[0])));
        double[] large = bench.run(new Ddpm(Ddpm.Variance.FIXED_LARGE), part, LAW, NOISE);
        assertThat(large).as(as).containsExactly(published(part, 1), within(2e-11 * (1 + part[0])));
        assertThat(bench.run(new Ddim(1), part, LAW, NOISE))
            .as(as)
            .containsExactly(small, within(2e-11 * (1 + part[0])));
        if (part[levels - 1] == 0) {
          double[] end = {POINT, POINT, POINT};
          assertThat(small).as(as).containsExactly(end, within(1e-14));
          assertThat(large).as(as).containsExactly(end, within(1e-14));
        }
      }
    }
  }

  @Test
  void aLearnedVarianceLiesBetweenInLogarithms() {
    double[] sigmas = Arrays.copyOf(respaced(20), 12);
    for (double fraction : new double[] {0, .3, 1}) {
      double[] found;
      try (Law.Ideal ideal = LAW.denoiser(bench.runtime(), Shape.of(NOISE.length, 1))) {
        found =
            bench.run(
                new Ddpm(Ddpm.Variance.LEARNED_RANGE),
                sigmas,
                new Fraction(ideal, fraction),
                bench.random(NOISE.length, SEED),
                NOISE);
      }
      assertThat(found)
          .as("fraction %s", fraction)
          .containsExactly(published(sigmas, fraction), within(1e-11 * sigmas[0]));
    }
  }

  private record Fraction(Denoiser ideal, double value) implements Denoiser {
    @Override
    public NativeTensor denoise(NativeTensor x, double sigma) {
      return ideal.denoise(x, sigma);
    }

    @Override
    public Optional<Estimate> estimate(NativeTensor x, double sigma) {
      double[] values = new double[(int) x.size()];
      Arrays.fill(values, value);
      return Optional.of(new Estimate(denoise(x, sigma), bench.tensor(values)));
    }
  }

  /** The small variance keeps the law at every level, as every eta of DDIM does; the large not. */
  @Test
  void theLawOfEveryLevelIsKept() {
    double[] sigmas = respaced(40);
    for (int levels : new int[] {2, 10, 25, 40}) {
      double[] part = Arrays.copyOf(sigmas, levels);
      double next = part[levels - 1];
      for (Sampler kept :
          List.of(Ddpm.defaults(), new Ddim(0), new Ddim(.3), new Ddim(1), new Dpmpp2mSde(1))) {
        assertThat(bench.variance(kept, part, 0) / (next * next))
            .as("%s, %s levels", kept, levels)
            .isCloseTo(1, within(1e-10));
      }
      double v = part[0] * part[0] / (1 + part[0] * part[0]);
      for (int i = 0; i < levels - 1; i++) {
        double abar = 1 / (1 + part[i] * part[i]);
        double before = 1 / (1 + part[i + 1] * part[i + 1]);
        double beta = 1 - abar / before;
        double k = (1 - before) * Math.sqrt(1 - beta) / (1 - abar);
        v = k * k * v + beta;
      }
      double large = bench.variance(new Ddpm(Ddpm.Variance.FIXED_LARGE), part, 0);
      assertThat(large).isCloseTo(v * (1 + next * next), within(1e-10 * large));
      assertThat(large).isGreaterThan(next * next * (1 + 1e-6));
    }
  }
}
