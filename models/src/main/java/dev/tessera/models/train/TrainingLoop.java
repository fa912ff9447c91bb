package dev.tessera.models.train;

import dev.tessera.models.UserException;
import dev.tessera.models.runtime.Libtorch;
import dev.tessera.models.runtime.Platform;
import dev.tessera.models.runtime.Readback;
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
  private final TorchRuntime runtime;
  private final Platform platform;
  private final Steps steps;
  private final Readback[] readbacks;
  private final PartTimers[] timers;
  private Unread unread;
  private long lastReport = System.nanoTime();

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
    state = new TrainingState(runtime, objective, schedule);
    for (Phase phase : objective.phases()) {
      phases.add(new PhaseRunner(runtime, objective, phase, schedule, state, collective));
    }
    this.runtime = runtime;
    platform = Platform.of(runtime);
    steps = runtime.onGpu() ? new GraphSteps(runtime, collective) : new EagerSteps();
    readbacks = new Readback[] {new Readback(runtime), new Readback(runtime)};
    timers = new PartTimers[] {new PartTimers(runtime), new PartTimers(runtime)};
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
   * From now on every step is given to the device program by program, so that its parts can be told
   * apart; within a CUDA graph they cannot.
   */
  public void separateParts() {
    steps.separate();
  }

  /** A step whose metrics have been taken down and not yet read. */
  private record Unread(
      long step,
      long images,
      List<PhaseOutput> outputs,
      Readback readback,
      Stopwatch stopwatch,
      long bytesSent) {}

  /**
   * Trains until the schedule's images have been seen. On a GPU a step is reported once the next
   * one has been given to the device, so that the device never waits for the host.
   *
   * @throws DivergedException if a metric, a gradient's norm or the state to be checkpointed is not
   *     finite; the state is then of no use
   * @throws ReplicasDifferException if ranks hold different parameters when a checkpoint is due
   */
  public void run(Observer observer) {
    lastReport = System.nanoTime();
    while (state.images() < schedule.images()) {
      long before = state.images();
      Unread now = step();
      report(observer);
      unread = now;
      if (!runtime.onGpu()) {
        report(observer);
      }
      if (state.step() % TIDY_STEPS == 0) {
        Libtorch.giveBackMemory();
      }
      boolean last = state.images() >= schedule.images();
      long portion = schedule.checkpointImages();
      if (last || state.images() / portion > before / portion) {
        report(observer);
        ReplicaCheck.require(state, collective, platform);
        collective.apart(
            "its checkpoint",
            () -> {
              state.requireFinite();
              observer.onCheckpoint(state);
            });
        state.forgetCopies();
        steps.renew();
      }
    }
  }

  private Unread step() {
    int turn = (int) (state.step() % readbacks.length);
    Stopwatch stopwatch = new Stopwatch(timers[turn]);
    long sent = collective.bytesSent();
    long images = state.images();
    long firstDraw = images / schedule.shards();
    stopwatch.data(
        () -> shards.forEach(shard -> shard.fill(batches, firstDraw, schedule.shardBatch())));
    List<PhaseRunner> active =
        phases.stream()
            .filter(phase -> phase.phase().schedule().runs(state.step(), images))
            .toList();
    active.forEach(phase -> phase.prepare(shards, schedule, images));
    List<PhaseOutput> outputs = new ArrayList<>();
    collective.enqueue(() -> outputs.addAll(steps.run(active, shards, stopwatch)));
    Readback readback = readbacks[turn];
    readback.record(outputs.stream().flatMap(output -> output.tensors().stream()).toList());
    steps.release();
    state.advance(schedule.batch());
    long bytes = collective.bytesSent() - sent + steps.replayedBytes();
    return new Unread(state.step(), images, outputs, readback, stopwatch, bytes);
  }

  /** Reads the last unread step and tells the observer. */
  private void report(Observer observer) {
    if (unread == null) {
      return;
    }
    Unread step = unread;
    unread = null;
    List<float[]> read = collective.awaiting("step " + step.step(), step.readback()::read);
    Map<String, Double> values = new LinkedHashMap<>();
    int at = 0;
    for (PhaseOutput output : step.outputs()) {
      int count = output.tensors().size();
      values.putAll(output.values(read.subList(at, at + count), step.images()));
      at += count;
    }
    long now = System.nanoTime();
    // On a GPU what counts is the time between two steps' ends.
    double seconds = runtime.onGpu() ? (now - lastReport) / 1e9 : step.stopwatch().seconds();
    lastReport = now;
    observer.onStep(
        new StepReport(
            step.step(),
            step.images() + schedule.batch(),
            values,
            seconds,
            step.stopwatch().communicationSeconds(),
            step.stopwatch().dataSeconds(),
            step.stopwatch().parts(),
            step.bytesSent()));
  }

  @Override
  public void close() {
    steps.close();
    for (Readback readback : readbacks) {
      readback.close();
    }
    for (PartTimers each : timers) {
      each.close();
    }
    phases.forEach(PhaseRunner::close);
    shards.forEach(Shard::close);
    state.close();
  }
}
