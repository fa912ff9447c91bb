package dev.tessera.models.train;

import static dev.tessera.models.train.TrainingLoopTest.BATCH;
import static dev.tessera.models.train.TrainingLoopTest.SHARDS;
import static dev.tessera.models.train.TrainingLoopTest.SHARD_BATCH;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.abort;

import dev.tessera.models.UserException;
import dev.tessera.models.runtime.TorchRuntime;
import dev.tessera.models.train.TrainingLoopTest.Outcome;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Training in float16: scaled losses, steps that are skipped by all ranks or none. */
final class Float16LoopTest {

  private static final LossScaleRecipe LIVELY = new LossScaleRecipe(1_024, 2, 4, 0.5, 1, 1);

  private static TrainingSchedule schedule(long steps, LossScaleRecipe recipe) {
    return new TrainingSchedule(
        7,
        BATCH,
        SHARDS,
        steps * BATCH,
        1_000_000,
        TrainingPrecision.FP16,
        Activations.KEPT,
        recipe);
  }

  private static TinyObjective objective() {
    return TinyObjective.of(SHARDS, SHARD_BATCH, TrainingPrecision.FP16);
  }

  private static Outcome train(int ranks, TrainingSchedule schedule, Batches batches, Outcome from)
      throws Exception {
    return TrainingLoopTest.train(ranks, schedule, objective(), batches, from);
  }

  /** Shard 5 alone, of all shards, has numbers beyond float16 in these steps. */
  private static Batches broken(long... steps) {
    return (shard, firstDraw, count, columns) -> {
      TinyObjective.fill(shard, firstDraw, count, columns);
      for (long step : steps) {
        if (shard == 5 && firstDraw == step * SHARD_BATCH) {
          columns.get("x").putFloat(0, Float.POSITIVE_INFINITY);
          columns.get("y").putFloat(0, 1e30f);
        }
      }
    };
  }

  @Test
  void whatIsInfiniteOnOneRankIsSkippedByAll() throws Exception {
    Outcome one = train(1, schedule(8, LIVELY), broken(3), null);
    for (int ranks : new int[] {2, 4, 8}) {
      // That the ranks end alike is asserted within.
      Outcome many = train(ranks, schedule(8, LIVELY), broken(3), null);
      assertThat(many.tensors()).as("%d ranks", ranks).isEqualTo(one.tensors());
      assertThat(TrainingLoopTest.values(many)).isEqualTo(TrainingLoopTest.values(one));
      assertThat(many.counters()).isEqualTo(one.counters());
    }
    for (String group : List.of("model", "critic")) {
      assertThat(column(one, group + "_skipped")).containsExactly(0d, 0d, 0d, 1d, 0d, 0d, 0d, 0d);
      assertThat(column(one, group + "_loss_scale"))
          .containsExactly(1_024d, 1_024d, 1_024d, 512d, 512d, 512d, 512d, 1_024d);
      assertThat(one.counters().updates()).containsEntry(group, 7L);
    }
    assertThat(one.counters().step()).isEqualTo(8);
    assertThat(one.reports().get(3).values())
        .as("only numbers are reported of a skipped step")
        .containsKey("scale")
        .doesNotContainKeys("loss", "model_grad_norm", "critic_grad_norm")
        .allSatisfy((name, value) -> assertThat(value).isFinite());
    assertThat(column(one, "mean_0").get(3))
        .as("of the state")
        .isEqualTo(column(one, "mean_0").get(2));
  }

  private static List<Double> column(Outcome outcome, String name) {
    return TrainingLoopTest.values(outcome).stream().map(values -> values.get(name)).toList();
  }

  @Test
  void aSkippedStepChangesNothingButTheScale() throws Exception {
    List<Map<String, ByteBuffer>> states = new ArrayList<>();
    TrainingSchedule everyStep =
        new TrainingSchedule(
            7, BATCH, SHARDS, 4L * BATCH, BATCH, TrainingPrecision.FP16, Activations.KEPT, LIVELY);
    InMemoryGang.run(
        1,
        (runtime, collective) -> {
          try (TrainingLoop loop =
              new TrainingLoop(runtime, objective(), everyStep, collective, broken(2))) {
            loop.run(
                new TrainingLoopTest.Recorder(
                    report -> {}, state -> states.add(TrainingLoopTest.bytes(state))));
          }
          return null;
        });
    assertThat(withoutScale(states.get(2))).isEqualTo(withoutScale(states.get(1)));
    assertThat(states.get(2)).isNotEqualTo(states.get(1));
    for (int step : new int[] {1, 3}) {
      withoutScale(states.get(step))
          .forEach(
              (name, bytes) ->
                  assertThat(bytes)
                      .as("%s in step %d", name, step)
                      .isNotEqualTo(states.get(step - 1).get(name)));
    }
  }

  @Test
  void aStepOfACapturedGraphIsSkippedToo() {
    TorchRuntime runtime = null;
    try {
      runtime = TorchRuntime.onGpu(0);
    } catch (UserException e) {
      abort("needs a GPU: " + e.getMessage());
    }
    List<Map<String, ByteBuffer>> states = new ArrayList<>();
    List<Double> skipped = new ArrayList<>();
    TrainingSchedule everyStep =
        new TrainingSchedule(
            7, BATCH, SHARDS, 9L * BATCH, BATCH, TrainingPrecision.FP16, Activations.KEPT, LIVELY);
    try (TorchRuntime gpu = runtime;
        TrainingLoop loop =
            new TrainingLoop(gpu, objective(), everyStep, new SingleProcess(), broken(1, 7))) {
      loop.run(
          new TrainingLoopTest.Recorder(
              report -> skipped.add(report.values().get("model_skipped")),
              state -> states.add(TrainingLoopTest.bytes(state))));
    }
    assertThat(skipped).containsExactly(0d, 1d, 0d, 0d, 0d, 0d, 0d, 1d, 0d);
    for (int step = 1; step < 9; step++) {
      assertThat(withoutScale(states.get(step)).equals(withoutScale(states.get(step - 1))))
          .as("step %d changes nothing", step)
          .isEqualTo(skipped.get(step) > 0);
    }
  }

  private static Map<String, ByteBuffer> withoutScale(Map<String, ByteBuffer> tensors) {
    Map<String, ByteBuffer> others = new LinkedHashMap<>(tensors);
    others.keySet().removeIf(name -> name.startsWith("loss_scale/"));
    return others;
  }

  @Test
  void aRestoredRunGoesOnWithItsScaleAndItsCounts() throws Exception {
    Outcome whole = train(1, schedule(20, LIVELY), broken(8, 13), null);
    Outcome half = train(1, schedule(10, LIVELY), broken(8, 13), null);
    Outcome rest = train(2, schedule(20, LIVELY), broken(8, 13), half);
    assertThat(rest.tensors()).isEqualTo(whole.tensors());
    assertThat(rest.counters()).isEqualTo(whole.counters());
    assertThat(TrainingLoopTest.values(rest))
        .isEqualTo(TrainingLoopTest.values(whole).subList(10, 20));
    assertThat(column(whole, "model_loss_scale")).contains(1_024d, 2_048d, 4_096d);
    assertThat(half.tensors().keySet())
        .contains(
            "loss_scale/model/scale",
            "loss_scale/model/clean_steps",
            "loss_scale/critic/skipped_steps");
  }

  @Test
  void eachGroupHasAScaleOfItsOwn() throws Exception {
    LossScaleRecipe low = new LossScaleRecipe(1, 2, 2_000, 0.5, 1, 1e-3);
    // Within reach of the first network's gradient, beyond that of its critic, who squares twice.
    Batches far =
        (shard, firstDraw, count, columns) -> {
          TinyObjective.fill(shard, firstDraw, count, columns);
          columns.get("y").putFloat(0, firstDraw == SHARD_BATCH ? 200 : 0);
        };
    Outcome outcome = train(2, schedule(3, low), far, null);
    assertThat(column(outcome, "model_skipped")).containsExactly(0d, 0d, 0d);
    assertThat(column(outcome, "critic_skipped")).containsExactly(0d, 1d, 0d);
    assertThat(column(outcome, "model_loss_scale")).containsExactly(1d, 1d, 1d);
    assertThat(column(outcome, "critic_loss_scale")).containsExactly(1d, 0.5, 0.5);
    assertThat(outcome.counters().updates()).containsEntry("model", 3L).containsEntry("critic", 2L);
  }

  @Test
  void aScaleBelowItsMinimumIsDivergence() {
    LossScaleRecipe short4 = new LossScaleRecipe(4, 2, 2_000, 0.5, 1, 1);
    assertThatThrownBy(() -> train(1, schedule(9, short4), broken(0, 1, 2, 3, 4), null))
        .isInstanceOf(DivergedException.class)
        .hasMessage(
            "Training diverged: model_loss_scale has fallen to 0.5 after 64 images, below"
                + " schedule.loss-scale.minimum: gradients overflow float16; lower"
                + " model.optimizer.learning-rate, raise model.optimizer.warmup-images or set"
                + " schedule.precision=bf16.");
  }

  @Test
  void itLearnsAsFloat32Does() throws Exception {
    Outcome half = train(1, schedule(150, LossScaleRecipe.defaults()), TinyObjective::fill, null);
    Outcome full =
        TrainingLoopTest.train(
            1,
            new TrainingSchedule(7, BATCH, SHARDS, 150L * BATCH, 1_000_000),
            TinyObjective.of(SHARDS, SHARD_BATCH),
            TinyObjective::fill,
            null);
    assertThat(half.counters()).isEqualTo(full.counters());
    double[] losses = new double[2];
    for (int step = 100; step < 150; step++) {
      losses[0] += column(half, "loss").get(step) / 50;
      losses[1] += column(full, "loss").get(step) / 50;
    }
    assertThat(losses[0]).isCloseTo(losses[1], within(0.02 * losses[1]));
    assertThat(losses[1]).isLessThan(0.5 * column(full, "loss").get(0));
    assertThat(full.tensors().keySet()).noneMatch(name -> name.startsWith("loss_scale"));
    assertThat(full.reports().get(0).values().keySet())
        .noneMatch(name -> name.endsWith("_loss_scale") || name.endsWith("_skipped"));
  }

  @Test
  void float16WithoutAScaleIsRefused() {
    assertThatThrownBy(
            () ->
                TrainingLoopTest.train(
                    1,
                    schedule(1, LIVELY),
                    TinyObjective.of(SHARDS, SHARD_BATCH),
                    TinyObjective::fill,
                    null))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("group model has float16 gradients of a loss that is not scaled");
  }
}
