package dev.tessera.models.diffusion.sampler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tessera.models.diffusion.space.Linear;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Whether levels can be followed depends on how wide data are in the units of the levels. */
final class NormalLawTest {

  @RegisterExtension private static final Bench bench = new Bench();

  private record Case(Sampler sampler, double[] sigmas) {}

  private static List<Case> cases() {
    double[] far = {10, 5, .05, 0};
    return List.of(
        new Case(ReverseDiffusion.defaults(), far),
        new Case(PredictorCorrector.defaults(), far),
        new Case(EulerMaruyama.defaults(), new double[] {20, 10, .1, 0}),
        new Case(new FlowSde(FlowSde.Form.CONSTANT, 12), new Grid.Karras(.01, 20, 7).sigmas(40)),
        new Case(new AnnealedLangevin(2, 6.2e-6, true), new Grid.Ve(.01, 50).sigmas(60)),
        new Case(new UniPc(3, true), new Grid.UniformTime(new Linear(), 1e-3, 1).sigmas(5)));
  }

  /** A refusal is what the sampler itself makes of data of that width, more than 3 times off. */
  @Test
  void levelsAreRefusedWhereDataOfTheModelsWidthComeOutWrong() {
    for (Case each : cases()) {
      int refused = 0;
      double[] widths = {.02, .1, .5, 1, 4, 20};
      for (double sigmaData : widths) {
        String as = each.sampler + ", data of " + sigmaData;
        Sampler linear =
            each.sampler instanceof PredictorCorrector corrected
                ? (Sampler) corrected.predictor()
                : each.sampler;
        double square = sigmaData * sigmaData;
        double ratio = Math.sqrt(bench.variance(linear, each.sigmas, square) / square);
        if (ratio > 3 || ratio < 1 / 3.) {
          refused++;
          assertThatThrownBy(() -> each.sampler.check(each.sigmas, sigmaData))
              .as(as + ": " + ratio)
              .isInstanceOf(IllegalArgumentException.class)
              .hasMessageContaining("times as wide as it is");
        } else {
          assertThatCode(() -> each.sampler.check(each.sigmas, sigmaData))
              .as(as + ": " + ratio)
              .doesNotThrowAnyException();
        }
      }
      assertThat(refused).as("%s", each.sampler).isBetween(1, widths.length - 1);
    }
  }

  @Test
  void aDrawingIsRefusedForTheModelThatItIsOf() {
    Grid grid = new Grid.Levels(List.of(10., 5., .05, 0.));
    assertThatThrownBy(() -> new Drawing(ReverseDiffusion.defaults(), grid, 3, .5))
        .hasMessageContaining("closer levels for reverse-diffusion");
    assertThat(new Drawing(ReverseDiffusion.defaults(), grid, 3, 4).evaluations()).isEqualTo(3);
  }
}
