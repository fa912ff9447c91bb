package dev.tessera.models.diffusion.sampler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.tessera.models.diffusion.space.Linear;
import dev.tessera.models.diffusion.space.SubVariancePreserving;
import dev.tessera.models.diffusion.space.VarianceExploding;
import dev.tessera.models.diffusion.space.VariancePreserving;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * How the law of samples converges as steps grow shorter (weak order): the variance of samples of a
 * Gaussian, exact in float64, since a sampler is linear in all it draws there. Of v(N), v(2N) and
 * v(4N) the differences fall by 2 to the order. Not here: the predictor-corrector, whose steps
 * depend on the norms of its samples, and annealed Langevin, whose levels divide no time.
 */
final class StochasticOrdersTest {

  @RegisterExtension private static final Bench bench = new Bench();

  private interface Levels {
    double[] of(int steps);
  }

  private record Case(Sampler sampler, Levels levels, double order) {}

  /** Without the last level, to which no step is of its method. */
  private static double[] positive(Grid grid, int steps) {
    double[] all = grid.sigmas(steps);
    return all[steps] == 0 ? java.util.Arrays.copyOf(all, steps) : all;
  }

  private static List<Case> cases() {
    Levels karras = n -> positive(new Grid.Karras(0.2, 5, 7), n + 1);
    Levels vp = n -> positive(new Grid.UniformTime(VariancePreserving.defaults(), 0.1, 0.6), n + 1);
    Levels subVp =
        n -> positive(new Grid.UniformTime(SubVariancePreserving.defaults(), 0.1, 0.6), n + 1);
    Levels ve = n -> positive(new Grid.Ve(0.2, 5), n + 1);
    Levels flow = n -> positive(new Grid.UniformTime(new Linear(), 0.15, 0.8), n + 1);
    List<Case> cases =
        new ArrayList<>(
            List.of(
                new Case(new Ddim(0.5), karras, 1),
                new Case(new Ddim(1), karras, 1),
                new Case(new Ddpm(Ddpm.Variance.FIXED_SMALL), karras, 1),
                new Case(new Ddpm(Ddpm.Variance.FIXED_LARGE), karras, 1),
                new Case(new Dpmpp2mSde(1), karras, 2),
                new Case(EulerMaruyama.defaults(), vp, 1),
                new Case(new EulerMaruyama(SubVariancePreserving.defaults()), subVp, 1),
                new Case(new EulerMaruyama(new VarianceExploding(0.01, 50)), ve, 1),
                new Case(new ReverseDiffusion(ReverseDiffusion.Form.VE), ve, 1),
                new Case(new ReverseDiffusion(ReverseDiffusion.Form.VP), vp, 1)));
    for (FlowSde.Form form : FlowSde.Form.values()) {
      cases.add(new Case(new FlowSde(form, 1), flow, 1));
    }
    return cases;
  }

  @Test
  void variancesConvergeWithTheSamplersOrder() {
    Map<String, Double> orders = new LinkedHashMap<>();
    Map<String, Double> expected = new LinkedHashMap<>();
    for (Case each : cases()) {
      double coarse = bench.variance(each.sampler, each.levels.of(128), 0.25);
      double middle = bench.variance(each.sampler, each.levels.of(256), 0.25);
      double fine = bench.variance(each.sampler, each.levels.of(512), 0.25);
      String name = each.sampler.toString();
      orders.put(name, Math.log((coarse - middle) / (middle - fine)) / Math.log(2));
      expected.put(name, each.order);
    }
    expected.forEach(
        (name, order) ->
            assertThat(orders.get(name))
                .as("%s of %s", name, orders)
                .isCloseTo(order, within(.15)));
  }
}
