package dev.tessera.models.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.tessera.models.checkpoint.VectorName;
import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Initializer;
import dev.tessera.models.graph.Scope;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.optimizer.Sgd;
import dev.tessera.models.runtime.NativeTensor;
import dev.tessera.models.runtime.TorchRuntime;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Kinds of averages, by their published numbers and on a parameter whose course is known. */
final class EmaRecipeTest {

  @Test
  void aPowerFunctionKeepsSeveralAverages() {
    EmaRecipe.PowerFunction ema = EmaRecipe.PowerFunction.defaults();
    Scope scope = Scope.group("net");
    scope.vector("x", Shape.of(1), Initializer.zeros());
    Group group =
        new Group(
            scope.layout(),
            new OptimizerRecipe(new Sgd(0, false, 0), 1).withClip(0),
            Optional.of(ema));
    int steps = 4096;
    try (TorchRuntime runtime = TorchRuntime.onCpu();
        GroupState state = new GroupState(runtime, group, Optional.empty(), 3);
        Update update = new Update(runtime, group, Optional.empty());
        NativeTensor gradient = runtime.zeros(DType.FLOAT32, Shape.of(1))) {
      gradient.set(-1f);
      TrainingSchedule schedule = new TrainingSchedule(0, 1, 1, steps, steps);
      for (int n = 0; n < steps; n++) {
        update.prepare(state, n, schedule);
        update.apply(state, gradient).close();
      }
      assertThat(state.vectors().keySet())
          .extracting(VectorName::prefix)
          .containsExactly("parameters/net/", "ema/net/", "ema-0.1/net/");
      List<NativeTensor> averages = state.averages();
      // The parameter after n steps is n; its average in continuous time (g + 1) / (g + 2) of it.
      double[] expected = {0.947413 * steps, Double.NaN};
      assertThat(averages.get(0).toFloats()[0]).isCloseTo((float) expected[0], within(0.05f));
      double wide = ema.profile(1).exponent();
      assertThat(averages.get(1).toFloats()[0])
          .isCloseTo((float) ((wide + 1) / (wide + 2) * steps), within(2f));
    }
  }

  @Test
  void exponentsBelongToDeviations() {
    assertThat(PowerProfile.ofDeviation(0.05).exponent()).isCloseTo(16.9721986, within(1e-6));
    assertThat(PowerProfile.ofDeviation(0.1).exponent()).isCloseTo(6.93720394, within(1e-7));
    assertThat(PowerProfile.ofDeviation(0.25).exponent()).isCloseTo(0.719823958, within(1e-8));
    assertThatThrownBy(() -> PowerProfile.ofDeviation(0.3)).hasMessageContaining("deviation");
    assertThatThrownBy(() -> new EmaRecipe.PowerFunction(List.of(0.1, 0.1)))
        .hasMessageContaining("no two alike");
    assertThatThrownBy(() -> new EmaRecipe.PowerFunction(List.of(0.1, 0.1004)))
        .hasMessageContaining("no two alike");
  }

  @Test
  void aPlainDecayMayBeginWithARamp() {
    EmaRecipe ema = new EmaRecipe.Decay(0.999, true);
    assertThat(ema.keep(0, 640, 64)).isCloseTo(11.0 / 20, within(1e-12));
    assertThat(ema.keep(0, 64L * 100_000, 64)).isEqualTo(0.999);
  }
}
