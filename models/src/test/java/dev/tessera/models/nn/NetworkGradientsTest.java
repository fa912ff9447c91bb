package dev.tessera.models.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.tessera.models.graph.Segmentation;
import dev.tessera.models.runtime.Executable;
import dev.tessera.models.runtime.Libtorch;
import dev.tessera.models.runtime.TorchRuntime;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Derivatives through whole networks, with dropout, against differences in float64. */
final class NetworkGradientsTest {

  private static TorchRuntime runtime;

  @BeforeAll
  static void open() {
    Libtorch.useThreads(1);
    runtime = TorchRuntime.onCpu();
  }

  @AfterAll
  static void close() {
    runtime.close();
  }

  static Stream<BackboneRecipe> networks() {
    return Stream.of(
        new BackboneRecipe.NcsnPlusPlus(4, List.of(1, 2), 1, List.of(4), 0.25),
        new BackboneRecipe.Adm(4, List.of(1, 2), 1, List.of(4), 4, 0.25),
        new BackboneRecipe.Edm2(4, List.of(1, 2), 1, List.of(4), 4, 0.25),
        new BackboneRecipe.Unet(4, List.of(1, 2), 1, 2),
        new BackboneRecipe.Dit(
            4,
            8,
            2,
            2,
            BackboneRecipe.Dit.Norm.RMS,
            BackboneRecipe.Dit.FeedForward.SWIGLU,
            BackboneRecipe.Dit.Positions.BOTH,
            true,
            8),
        new BackboneRecipe.Mlp(8, 2));
  }

  @ParameterizedTest
  @MethodSource("networks")
  void gradientsAgreeWithDifferencesAndWithRecomputedOnes(BackboneRecipe recipe) {
    boolean augments = !(recipe instanceof BackboneRecipe.Edm2);
    BackboneShape shape = BackboneShape.of(2, 8, 8, 3).withAugment(augments ? 2 : 0);
    NetworkProbe net = new NetworkProbe(runtime, recipe, shape);
    double[] gradient;
    try (Executable program = runtime.load(net.gradient(Segmentation.WHOLE))) {
      gradient = differences(net, program);
    }
    try (Executable program = runtime.load(net.gradient(Segmentation.RECOMPUTE))) {
      double[] again = net.run(program, net.flat(), 3L).get(0);
      double scale = 0;
      for (double g : gradient) {
        scale = Math.max(scale, Math.abs(g));
      }
      for (int i = 0; i < gradient.length; i++) {
        assertThat(again[i]).isCloseTo(gradient[i], within(1e-12 * scale));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("networks")
  void secondDerivativesAgreeWithDifferences(BackboneRecipe recipe) {
    NetworkProbe net = new NetworkProbe(runtime, recipe, BackboneShape.of(2, 8, 8, 3));
    try (Executable program = runtime.load(net.curvature())) {
      differences(net, program);
    }
  }

  /** The gradient that a program returns, held to differences of the loss that it returns too. */
  private static double[] differences(NetworkProbe net, Executable program) {
    double[] at = net.flat();
    double[] gradient = net.run(program, at, 3L).get(0);
    SplittableRandom random = new SplittableRandom(8);
    double step = 1e-6;
    for (int trial = 0; trial < 3; trial++) {
      double[] direction = random.doubles(at.length, -1, 1).toArray();
      double[] above = at.clone();
      double[] below = at.clone();
      double slope = 0;
      for (int i = 0; i < at.length; i++) {
        above[i] += step * direction[i];
        below[i] -= step * direction[i];
        slope += gradient[i] * direction[i];
      }
      double difference =
          (net.run(program, above, 3L).get(1)[0] - net.run(program, below, 3L).get(1)[0])
              / (2 * step);
      assertThat(slope).isCloseTo(difference, within(1e-5 * (1 + Math.abs(difference))));
      assertThat(Math.abs(difference)).isGreaterThan(1e-3);
    }
    return gradient;
  }
}
