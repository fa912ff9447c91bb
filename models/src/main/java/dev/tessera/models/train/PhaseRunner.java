package dev.tessera.models.train;

import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Hash;
import dev.tessera.models.graph.Precision;
import dev.tessera.models.graph.Program;
import dev.tessera.models.graph.Tensor;
import dev.tessera.models.graph.TensorType;
import dev.tessera.models.graph.Trace;
import dev.tessera.models.runtime.Executable;
import dev.tessera.models.runtime.NativeTensor;
import dev.tessera.models.runtime.Results;
import dev.tessera.models.runtime.TorchRuntime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Runs one phase: gradients of the rank's shards, their sum over all shards, the updates. */
final class PhaseRunner implements AutoCloseable {

  private static final String KNOB = "knob_";

  private final TorchRuntime runtime;
  private final Objective objective;
  private final Phase phase;
  private final TrainingState state;
  private final Collective collective;
  private final Executable gradient;
  private final Executable sum;
  private final Executable stateUpdate;
  private final Update update;
  private final Optional<LossScaleRecipe> scaling;
  private final StateGuard guard;
  private final NativeTensor updateKey;
  private final Map<Integer, NativeTensor> keys = new HashMap<>();
  private final Map<String, NativeTensor> knobs = new LinkedHashMap<>();

  PhaseRunner(
      TorchRuntime runtime,
      Objective objective,
      Phase phase,
      TrainingSchedule schedule,
      TrainingState state,
      Collective collective) {
    this.runtime = runtime;
    this.objective = objective;
    this.phase = phase;
    this.state = state;
    this.collective = collective;
    gradient = runtime.load(phase.gradient());
    sum = runtime.load(sum(phase.gradient()));
    stateUpdate = phase.stateUpdate().map(u -> runtime.load(u.program())).orElse(null);
    Group group = state.group(phase.group()).group();
    scaling = LossScale.of(objective, group, schedule);
    update = new Update(runtime, group, scaling);
    guard =
        scaling.isPresent() && stateUpdate != null
            ? new StateGuard(runtime, state.state().size())
            : null;
    updateKey = runtime.scalar(0L);
    addKnobs(phase.gradient());
    phase.stateUpdate().ifPresent(u -> addKnobs(u.program()));
  }

  private void addKnobs(Program program) {
    for (Program.Input input : program.inputs()) {
      if (input.name().startsWith(KNOB)) {
        knobs.computeIfAbsent(input.name().substring(KNOB.length()), n -> runtime.scalar(0f));
      }
    }
  }

  private static Program sum(Program gradient) {
    Trace trace = new Trace("sum of " + gradient.name(), Precision.FP32);
    TensorType wide = gradient.outputs().get(0);
    TensorType small = gradient.outputs().get(1);
    Tensor a = trace.input("gradient", DType.FLOAT32, wide.shape());
    Tensor b = trace.input("other_gradient", DType.FLOAT32, wide.shape());
    Tensor c = trace.input("summary", DType.FLOAT32, small.shape());
    Tensor d = trace.input("other_summary", DType.FLOAT32, small.shape());
    return trace.finish(a.addInPlace(b, 1), c.addInPlace(d, 1));
  }

  Phase phase() {
    return phase;
  }

  /** Sets what changes from step to step, before {@link #launch}. */
  void prepare(List<Shard> shards, TrainingSchedule schedule, long images) {
    long phaseKey = Hash.of(schedule.seed(), images, Hash.of(phase.name()));
    updateKey.set(phaseKey);
    for (Shard shard : shards) {
      keys.computeIfAbsent(shard.number(), n -> runtime.scalar(0L))
          .set(Hash.of(phaseKey, shard.number()));
    }
    knobs.forEach((name, knob) -> knob.set((float) objective.knob(name, images)));
    update.prepare(state.group(phase.group()), images, schedule);
  }

  /**
   * The phase itself: work for the device alone, the same calls at every step.
   *
   * @param stopwatch told what each part takes
   */
  PhaseOutput launch(List<Shard> shards, Stopwatch stopwatch) {
    try (Partial partial = stopwatch.time(StepPart.GRADIENT, () -> tree(shards))) {
      stopwatch.communicate(
          () -> {
            collective.allReduce(memory(partial.gradient()));
            collective.allReduce(memory(partial.summary()));
          });
      return stopwatch.time(StepPart.UPDATE, () -> update(partial));
    }
  }

  private PhaseOutput update(Partial partial) {
    NativeTensor report = update.apply(state.group(phase.group()), partial.gradient());
    try {
      NativeTensor updated = updateState(partial.summary(), report);
      return new PhaseOutput(phase, scaling, partial.takeSummary(), report, updated);
    } catch (RuntimeException e) {
      report.close();
      throw e;
    }
  }

  /** The sum over {@code shards} in a fixed binary tree: the same bits on any number of ranks. */
  private Partial tree(List<Shard> shards) {
    if (shards.size() == 1) {
      return one(shards.get(0));
    }
    int middle = shards.size() / 2;
    Partial low = tree(shards.subList(0, middle));
    try (Partial high = tree(shards.subList(middle, shards.size()))) {
      sum.run(low.gradient(), high.gradient(), low.summary(), high.summary()).close();
      return low;
    } catch (RuntimeException e) {
      low.close();
      throw e;
    }
  }

  private Partial one(Shard shard) {
    try (Results results = gradient.run(arguments(phase.gradient(), shard, null))) {
      for (int i = 0; i < phase.carries().size(); i++) {
        shard.carry(phase.carries().get(i), results.take(2 + i));
      }
      return new Partial(results.take(0), results.take(1));
    }
  }

  /** The metrics of the state's update; null without one. */
  private NativeTensor updateState(NativeTensor summary, NativeTensor report) {
    if (stateUpdate == null) {
      return null;
    }
    if (guard == null) {
      return changeState(summary);
    }
    guard.keep(state.state());
    NativeTensor metrics = changeState(summary);
    try {
      guard.settle(state.state(), report);
      return metrics;
    } catch (RuntimeException e) {
      metrics.close();
      throw e;
    }
  }

  private NativeTensor changeState(NativeTensor summary) {
    try (Results results = stateUpdate.run(arguments(stateUpdate.program(), null, summary))) {
      return results.take(0);
    }
  }

  private List<NativeTensor> arguments(Program program, Shard shard, NativeTensor summary) {
    List<NativeTensor> arguments = new ArrayList<>();
    for (Program.Input input : program.inputs()) {
      NativeTensor argument = shard == null ? null : of(shard, input.name());
      arguments.add(argument != null ? argument : common(input.name(), summary));
    }
    return arguments;
  }

  private NativeTensor of(Shard shard, String name) {
    return name.equals("key") ? keys.get(shard.number()) : shard.argument(name);
  }

  private NativeTensor common(String name, NativeTensor summary) {
    if (name.equals("state")) {
      return state.state();
    }
    if (name.equals("summary") && summary != null) {
      return summary;
    }
    if (name.equals("key")) {
      return updateKey;
    }
    if (name.equals(LossScale.INPUT)) {
      return state.group(phase.group()).lossScale();
    }
    if (name.startsWith(KNOB)) {
      return knobs.get(name.substring(KNOB.length()));
    }
    if (state.group(name) == null) {
      throw new IllegalStateException(
          "phase " + phase.name() + ": nothing is known of argument " + name);
    }
    return state.parameters(name);
  }

  private static FloatMemory memory(NativeTensor tensor) {
    return new FloatMemory(tensor.address(), tensor.size(), tensor.device());
  }

  @Override
  public void close() {
    gradient.close();
    sum.close();
    if (stateUpdate != null) {
      stateUpdate.close();
    }
    update.close();
    if (guard != null) {
      guard.close();
    }
    updateKey.close();
    keys.values().forEach(NativeTensor::close);
    knobs.values().forEach(NativeTensor::close);
  }
}
