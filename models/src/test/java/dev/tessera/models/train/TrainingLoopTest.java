package dev.tessera.models.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.tessera.models.UserException;
import dev.tessera.models.runtime.TorchRuntime;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class TrainingLoopTest {

  static final int SHARDS = 8;
  static final int SHARD_BATCH = 4;
  static final int BATCH = SHARDS * SHARD_BATCH;

  /** What a run left behind: tensors by name, counters and the reports of its steps. */
  record Outcome(Map<String, ByteBuffer> tensors, Counters counters, List<StepReport> reports) {}

  private static TrainingSchedule schedule(long steps) {
    return new TrainingSchedule(7, BATCH, SHARDS, steps * BATCH, 1_000_000);
  }

  private static Outcome train(int ranks, long steps, Outcome from) throws Exception {
    return train(
        ranks, schedule(steps), TinyObjective.of(SHARDS, SHARD_BATCH), TinyObjective::fill, from);
  }

  static Outcome train(
      int ranks, TrainingSchedule schedule, Objective objective, Batches batches, Outcome from)
      throws Exception {
    List<Outcome> outcomes =
        InMemoryGang.run(
            ranks,
            (runtime, collective) -> run(runtime, collective, schedule, objective, batches, from));
    for (Outcome other : outcomes) {
      assertThat(other.tensors()).as("ranks end alike").isEqualTo(outcomes.get(0).tensors());
      assertThat(values(other)).isEqualTo(values(outcomes.get(0)));
    }
    return outcomes.get(0);
  }

  private static Outcome run(
      TorchRuntime runtime,
      Collective collective,
      TrainingSchedule schedule,
      Objective objective,
      Batches batches,
      Outcome from) {
    List<StepReport> reports = new ArrayList<>();
    try (TrainingLoop loop = new TrainingLoop(runtime, objective, schedule, collective, batches)) {
      if (from != null) {
        loop.state()
            .tensors()
            .forEach(t -> t.memory().put(from.tensors().get(t.name()).duplicate()));
        loop.state().restore(from.counters());
      }
      loop.run(new Recorder(reports::add, state -> {}));
      return new Outcome(bytes(loop.state()), loop.state().counters(), reports);
    }
  }

  static Map<String, ByteBuffer> bytes(TrainingState state) {
    Map<String, ByteBuffer> tensors = new LinkedHashMap<>();
    for (NamedMemory tensor : state.tensors()) {
      byte[] copy = new byte[tensor.memory().remaining()];
      tensor.memory().get(copy);
      tensors.put(tensor.name(), ByteBuffer.wrap(copy));
    }
    return tensors;
  }

  static List<Map<String, Double>> values(Outcome outcome) {
    return outcome.reports().stream().map(StepReport::values).toList();
  }

  @Test
  void theNumberOfRanksDoesNotChangeABit() throws Exception {
    Outcome one = train(1, 50, null);
    for (int ranks : new int[] {2, 4, 8}) {
      Outcome many = train(ranks, 50, null);
      assertThat(many.tensors()).as("%d ranks", ranks).isEqualTo(one.tensors());
      assertThat(many.counters()).isEqualTo(one.counters());
      assertThat(values(many)).isEqualTo(values(one));
    }
    assertThat(unscaled(one, 49)).isLessThan(0.9 * unscaled(one, 0));
  }

  private static double unscaled(Outcome outcome, int step) {
    Map<String, Double> values = outcome.reports().get(step).values();
    return values.get("loss") / values.get("scale");
  }

  @Test
  void aBrokenCollectiveEndsTheLoopBeforeTheNextStep() throws Exception {
    BreakingCollective collective = new BreakingCollective(3, "none");
    assertThat(reportsUntilBroken(collective, "broken")).hasSize(3);
    assertThat(collective.steps()).isEqualTo(3);
    assertThat(collective.waits()).containsExactly("step 1", "step 2", "step 3");
  }

  @Test
  void aStepThatWasLostInTheDeviceIsNotReported() throws Exception {
    BreakingCollective collective = new BreakingCollective(100, "step 2");
    assertThat(reportsUntilBroken(collective, "lost in step 2")).hasSize(1);
  }

  private static List<StepReport> reportsUntilBroken(Collective collective, String message)
      throws Exception {
    List<StepReport> reports = new ArrayList<>();
    InMemoryGang.run(
        1,
        (runtime, alone) -> {
          try (TrainingLoop loop =
              new TrainingLoop(
                  runtime,
                  TinyObjective.of(SHARDS, SHARD_BATCH),
                  schedule(10),
                  collective,
                  TinyObjective::fill)) {
            assertThatThrownBy(() -> loop.run(new Recorder(reports::add, state -> {})))
                .isInstanceOf(CollectiveException.class)
                .hasMessage(message);
          }
          return null;
        });
    return reports;
  }

  @Test
  void aRestoredRunGoesOnAsIfItHadNeverStopped() throws Exception {
    Outcome whole = train(1, 30, null);
    Outcome half = train(1, 17, null);
    Outcome rest = train(2, 30, half);
    assertThat(rest.tensors()).isEqualTo(whole.tensors());
    assertThat(rest.counters()).isEqualTo(whole.counters());
    assertThat(values(rest)).isEqualTo(values(whole).subList(17, 30));
    assertThat(rest.reports().get(0).step()).isEqualTo(18);
    assertThat(rest.reports().get(0).images()).isEqualTo(18L * BATCH);
  }

  @Test
  void everyTensorOfTheStateHasItsOwnName() throws Exception {
    Outcome outcome = train(1, 1, null);
    assertThat(outcome.tensors().keySet())
        .contains(
            "parameters/model/first",
            "ema/model/second",
            "exp_avg/critic/slope",
            "exp_avg_sq/model/bias",
            "state/mean")
        .doesNotContain("ema/critic/slope")
        .hasSize(4 * 3 + 3 + 1);
    assertThat(outcome.counters().named())
        .containsExactlyInAnyOrderEntriesOf(
            Map.of("step", 1L, "images", 32L, "updates/model", 1L, "updates/critic", 1L));
  }

  @Test
  void shardsAreTheSameAsOneLargeBatch() throws Exception {
    // Without noise: each shard draws its own.
    Phase.Schedule always = new Phase.Schedule.Always();
    OptimizerRecipe optimizer = OptimizerRecipe.defaults();
    Outcome parts =
        train(
            1,
            schedule(1),
            new TinyObjective(SHARDS, SHARD_BATCH, 0, always, optimizer),
            TinyObjective::fill,
            null);
    Outcome whole =
        train(
            1,
            new TrainingSchedule(7, BATCH, 1, BATCH, 1_000_000),
            new TinyObjective(1, BATCH, 0, always, optimizer),
            (shard, firstDraw, count, columns) -> {
              for (int s = 0; s < SHARDS; s++) {
                TinyObjective.fill(s, firstDraw / SHARDS, SHARD_BATCH, columns);
              }
            },
            null);
    // exp_avg after one step is a tenth of the clipped gradient.
    for (String name : List.of("exp_avg/model/first", "exp_avg/critic/slope", "state/mean")) {
      assertThat(floats(parts.tensors().get(name)))
          .as(name)
          .containsExactly(floats(whole.tensors().get(name)), within(1e-6f));
    }
    assertThat(parts.reports().get(0).values().get("loss"))
        .isCloseTo(whole.reports().get(0).values().get("loss"), within(1e-6));
  }

  private static float[] floats(ByteBuffer bytes) {
    float[] values = new float[bytes.remaining() / 4];
    bytes.duplicate().order(java.nio.ByteOrder.nativeOrder()).asFloatBuffer().get(values);
    return values;
  }

  @Test
  void phasesRunWhenTheirScheduleSaysSo() throws Exception {
    assertThat(judged(new Phase.Schedule.From(3L * BATCH))).containsExactly(4L, 5L, 6L, 7L, 8L);
    assertThat(judged(new Phase.Schedule.Until(3L * BATCH))).containsExactly(1L, 2L, 3L);
    assertThat(judged(new Phase.Schedule.Until(3L * BATCH + 1))).containsExactly(1L, 2L, 3L, 4L);
    assertThat(judged(new Phase.Schedule.Every(3))).containsExactly(1L, 4L, 7L);
    assertThat(judged(new Phase.Schedule.Always())).hasSize(8);
  }

  private static List<Long> judged(Phase.Schedule critics) throws Exception {
    TinyObjective objective =
        new TinyObjective(SHARDS, SHARD_BATCH, 0.1, critics, OptimizerRecipe.defaults());
    Outcome outcome = train(1, schedule(8), objective, TinyObjective::fill, null);
    List<Long> steps =
        outcome.reports().stream()
            .filter(report -> report.values().containsKey("critic_loss"))
            .map(StepReport::step)
            .toList();
    assertThat(outcome.counters().updates().get("critic")).isEqualTo(steps.size());
    return steps;
  }

  @Test
  void aPeriodBelowOneIsRefused() {
    assertThatThrownBy(() -> new Phase.Schedule.Every(0))
        .hasMessage("period: 0 (expected: 1 or more)");
  }

  @ParameterizedTest
  @ValueSource(longs = {32, 50, 64, 100})
  void checkpointsAreDueAfterEveryPortionAndAtTheEnd(long portion) throws Exception {
    TrainingSchedule schedule = new TrainingSchedule(7, BATCH, SHARDS, 7L * BATCH, portion);
    List<Long> due = new ArrayList<>();
    for (long images = BATCH; images <= 7L * BATCH; images += BATCH) {
      if (images == 7L * BATCH || images / portion > (images - BATCH) / portion) {
        due.add(images);
      }
    }
    List<Long> seen = new ArrayList<>();
    InMemoryGang.run(
        1,
        (runtime, collective) -> {
          try (TrainingLoop loop =
              new TrainingLoop(
                  runtime,
                  TinyObjective.of(SHARDS, SHARD_BATCH),
                  schedule,
                  collective,
                  TinyObjective::fill)) {
            loop.run(new Recorder(report -> {}, state -> seen.add(state.images())));
          }
          return null;
        });
    assertThat(seen).isEqualTo(due);
  }

  @Test
  void knobsFollowTheImagesSeenAndMetricsAreMeans() throws Exception {
    Outcome outcome = train(2, 5, null);
    for (int i = 0; i < 5; i++) {
      assertThat(outcome.reports().get(i).values().get("scale"))
          .isCloseTo(1 + i * BATCH / 1000.0, within(1e-6));
    }
  }

  @Test
  void eachShardIsAskedForItsOwnConsecutiveDraws() throws Exception {
    List<String> asked = new ArrayList<>();
    train(
        1,
        schedule(2),
        TinyObjective.of(SHARDS, SHARD_BATCH),
        (shard, firstDraw, count, columns) -> {
          asked.add(shard + ":" + firstDraw + "+" + count);
          TinyObjective.fill(shard, firstDraw, count, columns);
        },
        null);
    List<String> expected = new ArrayList<>();
    for (int step = 0; step < 2; step++) {
      for (int shard = 0; shard < SHARDS; shard++) {
        expected.add(shard + ":" + step * SHARD_BATCH + "+" + SHARD_BATCH);
      }
    }
    assertThat(asked).isEqualTo(expected);
  }

  @Test
  void aLossThatIsNoNumberEndsTheRunInOneSentence() {
    Batches broken =
        (shard, firstDraw, count, columns) -> {
          TinyObjective.fill(shard, firstDraw, count, columns);
          if (shard == 5 && firstDraw > 0) {
            columns.get("y").putFloat(0, Float.NaN);
          }
        };
    assertThatThrownBy(
            () -> train(1, schedule(3), TinyObjective.of(SHARDS, SHARD_BATCH), broken, null))
        .isInstanceOf(DivergedException.class)
        .hasMessage(
            "Training diverged: loss is NaN after 32 images; lower model.optimizer.learning-rate, raise"
                + " model.optimizer.warmup-images or set model.optimizer.clip-norm.");
  }

  @Test
  void ranksThatCannotShareTheShardsAreRefused() {
    assertThatThrownBy(() -> TrainingLoop.requireDivisor(schedule(1), 3))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "ranks: 3 cannot share the recipe's 8 shards equally; choose a divisor of it, or"
                + " change schedule.shards.");
  }

  /** Hands reports and states on. */
  record Recorder(
      java.util.function.Consumer<StepReport> steps,
      java.util.function.Consumer<TrainingState> checkpoints)
      implements TrainingLoop.Observer {
    @Override
    public void onStep(StepReport report) {
      steps.accept(report);
    }

    @Override
    public void onCheckpoint(TrainingState state) {
      checkpoints.accept(state);
    }
  }
}
