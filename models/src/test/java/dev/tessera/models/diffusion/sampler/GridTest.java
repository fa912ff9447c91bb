package dev.tessera.models.diffusion.sampler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.tessera.models.diffusion.space.Betas;
import dev.tessera.models.diffusion.space.Discrete;
import dev.tessera.models.diffusion.space.Linear;
import dev.tessera.models.diffusion.space.Path;
import dev.tessera.models.diffusion.space.VariancePreserving;
import java.util.List;
import org.junit.jupiter.api.Test;

final class GridTest {

  private static void golden(double[] found, double... expected) {
    assertThat(found).hasSize(expected.length);
    for (int i = 0; i < expected.length; i++) {
      assertThat(found[i]).isCloseTo(expected[i], within(1e-4 * expected[i] + 1e-12));
    }
  }

  @Test
  void karrasLevelsAreThePublishedOnes() {
    golden(
        Grid.Karras.defaults().sigmas(18),
        80,
        57.586,
        40.7856,
        28.3746,
        19.3525,
        12.9101,
        8.40094,
        5.31519,
        3.25682,
        1.92334,
        1.08817,
        .585348,
        .296442,
        .139516,
        .0599473,
        .0229345,
        .00752802,
        .002,
        0);
  }

  @Test
  void theOtherFrameworksHeadsAndTailsAreThePublishedOnes() {
    double[] ve = Grid.Ve.defaults().sigmas(18);
    golden(new double[] {ve[0], ve[1], ve[2], ve[16], ve[17]}, 100, 60.592, 36.714, .033008, .02);
    double[] vp = Grid.Vp.defaults().sigmas(18);
    golden(
        new double[] {vp[0], vp[1], vp[2], vp[16], vp[17]}, 152.17, 86.01, 50.311, .20589, .010486);
    double[] iddpm = Grid.Iddpm.defaults().sigmas(18);
    golden(
        new double[] {iddpm[0], iddpm[1], iddpm[2], iddpm[16], iddpm[17]},
        80.204,
        9.6879,
        5.0682,
        .10404,
        .0064254);
  }

  @Test
  void shiftsAreAppliedOnce() {
    double[] times = Grid.times(new Grid.Flow(3).sigmas(4), new Linear());
    golden(times, 1, .9, .75, .5, 0);
    golden(Grid.times(Grid.Flow.defaults().sigmas(4), new Linear()), 1, .75, .5, .25, 0);
    assertThat(new Grid.DynamicFlow(1024, .5, 1.15).shift()).isCloseTo(1.87761, within(1e-5));
    assertThat(new Grid.DynamicFlow(4096, .5, 1.15).shift()).isCloseTo(3.15819, within(1e-5));
  }

  @Test
  void respacingTakesStepsOfThePath() {
    Discrete path = Discrete.defaults();
    double[] table = path.sigmas();
    golden(
        new Grid.Respaced(path, Grid.Spacing.STRIDED, false).sigmas(4),
        table[750],
        table[500],
        table[250],
        table[0],
        0);
    golden(
        new Grid.Respaced(path, Grid.Spacing.EVEN, false).sigmas(4),
        table[999],
        table[666],
        table[333],
        table[0],
        0);
    golden(
        new Grid.Respaced(path, Grid.Spacing.TRAILING, true).sigmas(4),
        table[999],
        table[749],
        table[499],
        table[249],
        table[0]);
    assertThat(new Grid.Respaced(path, Grid.Spacing.EVEN, false).sigmas(1000)).hasSize(1001);
  }

  @Test
  void everyGridFalls() {
    List<Grid> grids =
        List.of(
            Grid.Karras.defaults(),
            Grid.Ve.defaults(),
            Grid.Vp.defaults(),
            Grid.Iddpm.defaults(),
            new Grid.UniformTime(VariancePreserving.defaults(), 1e-3, 1),
            new Grid.Flow(2),
            Grid.DynamicFlow.defaults(),
            Grid.Respaced.defaults());
    for (Grid grid : grids) {
      for (int steps : new int[] {2, 7, 50}) {
        double[] sigmas = grid.sigmas(steps);
        assertThat(sigmas).as("%s", grid).hasSize(steps + 1);
        for (int i = 0; i < steps; i++) {
          assertThat(sigmas[i]).as("%s", grid).isGreaterThan(sigmas[i + 1]);
        }
        assertThat(sigmas[steps]).isZero();
      }
    }
  }

  @Test
  void impossibleGridsAreRefusedWithTheNearestValidOne() {
    assertThatThrownBy(() -> new Grid.Karras(80, 80, 7)).hasMessageStartingWith("sigmaMin: 80.0");
    assertThatThrownBy(() -> Grid.Karras.defaults().sigmas(1))
        .hasMessage("steps: 1 (expected: 2 or more)");
    Grid strided = new Grid.Respaced(Discrete.defaults(), Grid.Spacing.STRIDED, false);
    assertThatThrownBy(() -> strided.sigmas(30))
        .hasMessageContaining("a divisor of 1000, the nearest is 25");
    assertThatThrownBy(() -> strided.sigmas(1001)).hasMessageContaining("1 to 1000");
    assertThatThrownBy(() -> new Grid.Levels(List.of(1.0, 2.0))).hasMessageStartingWith("sigmas:");
    Grid zero =
        new Grid.Respaced(
            new Discrete(Betas.Linear.defaults(), 1000, true), Grid.Spacing.TRAILING, false);
    assertThat(zero.sigmas(4)[0]).isCloseTo(Path.NOISE_ALONE, within(1.0));
    assertThatThrownBy(() -> new Drawing(EulerMaruyama.defaults(), new Grid.Flow(1), 10, .5))
        .hasMessageContaining("last 0.999");
  }
}
