package dev.tessera.models.train;

import dev.tessera.models.UserException;
import dev.tessera.models.runtime.Libtorch;
import dev.tessera.models.runtime.TorchRuntime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The loop of one rank. It knows phases, shards and a collective; no family of models, no Spark. A
 * step's results depend on the recipe and on the images seen alone: to resume, restore the state.
 */
public final class TrainingLoop implements AutoCloseable {

  /** What a rank does beside training. */
  public interface Observer {

    /** After every step. */
    void onStep(StepReport report);

    /**
     * After every portion of {@code checkpointImages} images and after the last step; every number
     * of the state is finite.
     */
    void onCheckpoint(TrainingState state);
  }

  /** Often enough that memory does not creep, rarely enough to cost nothing. */
  static final int TIDY_STEPS = 16;

  private final TrainingSchedule schedule;
  private final Collective collective;
  private final Batches batches;
  private final TrainingState state;
  private final List<PhaseRunner> phases = new ArrayList<>();
  private final List<Shard> shards = new ArrayList<>();

  /**
   * @throws UserException if the ranks do not divide the shards
   */
  public TrainingLoop(
      TorchRuntime runtime,
      Objective objective,
      TrainingSchedule schedule,
      Collective collective,
      Batches batches) {
    this.schedule = schedule;
    this.collective = collective;
    this.batches = batches;
    requireDivisor(schedule, collective.size());
    state = new TrainingState(runtime, objective, schedule.seed());
    for (Phase phase : objective.phases()) {
      phases.add(new PhaseRunner(runtime, objective, phase, state, collective));
    }
    int own = schedule.shards() / collective.size();
    for (int i = 0; i < own; i++) {
      shards.add(new Shard(runtime, collective.rank() * own + i, objective.columns()));
    }
  }

  /** Refuses a number of ranks that cannot own equal shares of the shards. */
  public static void requireDivisor(TrainingSchedule schedule, int ranks) {
    if (schedule.shards() % ranks != 0) {
      throw new UserException(
          "ranks: "
              + ranks
              + " cannot share the recipe's "
              + schedule.shards()
              + " shards equally; choose a divisor of it, or change schedule.shards.");
    }
  }

  /** The training state, to be restored before {@link #run} or written by a checkpoint. */
  public TrainingState state() {
    return state;
  }

  /**
   * Trains until the schedule's images have been seen.
   *
   * @throws DivergedException if a metric, a gradient's norm or the state to be checkpointed is not
   *     finite; the state is then of no use
   */
  public void run(Observer observer) {
    while (state.images() < schedule.images()) {
      long before = state.images();
      observer.onStep(step());
      if (state.step() % TIDY_STEPS == 0) {
        Libtorch.giveBackMemory();
      }
      boolean last = state.images() >= schedule.images();
      long portion = schedule.checkpointImages();
      if (last || state.images() / portion > before / portion) {
        state.requireFinite();
        observer.onCheckpoint(state);
      }
    }
  }

  private StepReport step() {
    Stopwatch stopwatch = new Stopwatch();
    long sent = collective.bytesSent();
    long images = state.images();
    long firstDraw = images / schedule.shards();
    stopwatch.data(
        () -> shards.forEach(shard -> shard.fill(batches, firstDraw, schedule.shardBatch())));
    Map<String, Double> values = new LinkedHashMap<>();
    for (PhaseRunner phase : phases) {
      if (phase.phase().schedule().runs(state.step(), images)) {
        values.putAll(phase.run(shards, schedule, images, stopwatch));
      }
    }
    shards.forEach(Shard::forget);
    state.advance(schedule.batch());
    return new StepReport(
        state.step(),
        state.images(),
        values,
        stopwatch.seconds(),
        stopwatch.communicationSeconds(),
        stopwatch.dataSeconds(),
        collective.bytesSent() - sent);
  }

  @Override
  public void close() {
    phases.forEach(PhaseRunner::close);
    shards.forEach(Shard::close);
    state.close();
  }
}
