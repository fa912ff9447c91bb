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
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** Runs one phase: gradients of the rank's shards, their sum over all shards, the updates. */
final class PhaseRunner implements AutoCloseable {

  private final TorchRuntime runtime;
  private final Phase phase;
  private final TrainingState state;
  private final Collective collective;
  private final Executable gradient;
  private final Executable sum;
  private final Executable stateUpdate;
  private final Update update;
  private final Optional<LossScaleRecipe> scaling;
  private final StateGuard guard;
  private final Map<Integer, NativeTensor> keys = new HashMap<>();
  private final Map<Knob, NativeTensor> knobs = new LinkedHashMap<>();

  PhaseRunner(
      TorchRuntime runtime,
      Objective objective,
      Phase phase,
      TrainingSchedule schedule,
      TrainingState state,
      Collective collective) {
    this.runtime = runtime;
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
    Stream.concat(phase.step().knobs(), phase.stateUpdate().stream().flatMap(u -> u.step().knobs()))
        .forEach(knob -> knobs.computeIfAbsent(knob, k -> runtime.scalar(0f)));
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
    for (Shard shard : shards) {
      keys.computeIfAbsent(shard.number(), n -> runtime.scalar(0L))
          .set(Hash.of(phaseKey, shard.number()));
    }
    knobs.forEach((knob, tensor) -> tensor.set((float) knob.value().applyAsDouble(images)));
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
    try (Results results = gradient.run(phase.step().arguments(new OfShard(shard)))) {
      Phase.Results made = phase.take(results);
      for (int i = 0; i < made.carried().size(); i++) {
        shard.carry(phase.carries().get(i), made.carried().get(i));
      }
      return new Partial(made.gradient(), made.summary());
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
    BoundProgram step = phase.stateUpdate().orElseThrow().step();
    try (Results results = stateUpdate.run(step.arguments(new OfUpdate(summary)))) {
      return results.take(0);
    }
  }

  /** What both kinds of programs are given. */
  private abstract class OfPhase implements ArgumentSource {

    @Override
    public NativeTensor parameters(String group) {
      return state.parameters(group);
    }

    @Override
    public NativeTensor knob(Knob knob) {
      return knobs.get(knob);
    }

    @Override
    public NativeTensor state() {
      return state.state();
    }

    @Override
    public NativeTensor lossScale() {
      return state.group(phase.group()).lossScale();
    }
  }

  /** A gradient's arguments. */
  private final class OfShard extends OfPhase {
    private final Shard shard;

    OfShard(Shard shard) {
      this.shard = shard;
    }

    @Override
    public NativeTensor column(BatchColumn column) {
      return shard.column(column);
    }

    @Override
    public NativeTensor carried(Carry carry) {
      return shard.carried(carry);
    }

    @Override
    public NativeTensor key() {
      return keys.get(shard.number());
    }

    @Override
    public NativeTensor shard() {
      return shard.numberTensor();
    }
  }

  /** The arguments of a state's update. */
  private final class OfUpdate extends OfPhase {
    private final NativeTensor summary;

    OfUpdate(NativeTensor summary) {
      this.summary = summary;
    }

    @Override
    public NativeTensor summary() {
      return summary;
    }
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
    keys.values().forEach(NativeTensor::close);
    knobs.values().forEach(NativeTensor::close);
  }
}
