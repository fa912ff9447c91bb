package dev.tessera.models.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tessera.models.runtime.TorchRuntime;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A run that has left the numbers ends before anybody sees its state. */
final class DivergenceTest {

  /** Steps and checkpoints that an observer saw, as words. */
  private final List<String> seen = new ArrayList<>();

  private void run(Objective objective, Batches batches, Consumer<TrainingState> before) {
    // A checkpoint after every step.
    TrainingSchedule schedule = new TrainingSchedule(1, 1, 1, 4, 1);
    try (TorchRuntime runtime = TorchRuntime.onCpu();
        TrainingLoop loop =
            new TrainingLoop(runtime, objective, schedule, new SingleProcess(), batches)) {
      before.accept(loop.state());
      loop.run(
          new TrainingLoop.Observer() {
            @Override
            public void onStep(StepReport report) {
              seen.add("step " + report.step());
            }

            @Override
            public void onCheckpoint(TrainingState state) {
              seen.add("checkpoint " + state.step());
            }
          });
    }
  }

  @Test
  void aGradientThatIsNoNumberEndsTheRunThoughItsLossIsOne() {
    assertThatThrownBy(() -> run(new SharpObjective(), (s, f, n, columns) -> {}, state -> {}))
        .isInstanceOf(DivergedException.class)
        .hasMessage(
            "Training diverged: model_grad_norm is NaN after 0 images; lower"
                + " model.optimizer.learning-rate, raise model.optimizer.warmup-images or set"
                + " model.optimizer.clip-norm.");
    assertThat(seen).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"ema/model/first", "state/mean"})
  void noCheckpointHoldsWhatIsNoNumber(String name) {
    assertThatThrownBy(
            () ->
                run(TinyObjective.of(1, 1), TinyObjective::fill, state -> breakTensor(state, name)))
        .isInstanceOf(DivergedException.class)
        .hasMessageStartingWith("Training diverged: ");
    assertThat(seen).doesNotContain("checkpoint 1");
  }

  private static void breakTensor(TrainingState state, String name) {
    state.tensors().stream()
        .filter(tensor -> tensor.name().equals(name))
        .forEach(tensor -> tensor.memory().putFloat(4, Float.POSITIVE_INFINITY));
  }
}
