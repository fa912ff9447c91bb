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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Runs one phase: gradients of the rank's shards, their sum over all shards, the updates. */
final class PhaseRunner implements AutoCloseable {

  private final TorchRuntime runtime;
  private final Objective objective;
  private final Phase phase;
  private final TrainingState state;
  private final Collective collective;
  private final Executable gradient;
  private final Executable sum;
  private final Executable stateUpdate;
  private final Update update;
  private final NativeTensor updateKey;
  private final Map<String, NativeTensor> knobs = new LinkedHashMap<>();

  PhaseRunner(
      TorchRuntime runtime,
      Objective objective,
      Phase phase,
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
    update = new Update(runtime, state.group(phase.group()).group());
    updateKey = runtime.scalar(0L);
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

  /**
   * Runs the phase and returns its metrics, averaged over the global batch.
   *
   * @param stopwatch told what the collective takes
   */
  Map<String, Double> run(
      List<Shard> shards, TrainingSchedule schedule, long images, Stopwatch stopwatch) {
    long phaseKey = Hash.of(schedule.seed(), images, Hash.of(phase.name()));
    try (Partial partial = tree(shards, phaseKey, images)) {
      stopwatch.communicate(
          () -> {
            collective.allReduce(memory(partial.gradient()));
            collective.allReduce(memory(partial.summary()));
          });
      Map<String, Double> values = metrics(phase.metrics(), partial.summary(), images);
      GroupState group = state.group(phase.group());
      double norm = update.apply(group, partial.gradient(), images, schedule);
      put(values, phase.group() + "_grad_norm", norm, images);
      values.putAll(updateState(partial.summary(), phaseKey, images));
      return values;
    }
  }

  /** The sum over {@code shards} in a fixed binary tree: the same bits on any number of ranks. */
  private Partial tree(List<Shard> shards, long phaseKey, long images) {
    if (shards.size() == 1) {
      return one(shards.get(0), phaseKey, images);
    }
    int middle = shards.size() / 2;
    Partial low = tree(shards.subList(0, middle), phaseKey, images);
    try (Partial high = tree(shards.subList(middle, shards.size()), phaseKey, images)) {
      sum.run(low.gradient(), high.gradient(), low.summary(), high.summary()).close();
    }
    return low;
  }

  private Partial one(Shard shard, long phaseKey, long images) {
    shard.key(Hash.of(phaseKey, shard.number()));
    try (Results results = gradient.run(arguments(phase.gradient(), shard, null, images))) {
      for (int i = 0; i < phase.carries().size(); i++) {
        shard.carry(phase.carries().get(i), results.take(2 + i));
      }
      return new Partial(results.take(0), results.take(1));
    }
  }

  private Map<String, Double> updateState(NativeTensor summary, long phaseKey, long images) {
    if (stateUpdate == null) {
      return Map.of();
    }
    updateKey.set(phaseKey);
    try (Results results =
        stateUpdate.run(arguments(stateUpdate.program(), null, summary, images))) {
      return metrics(phase.stateUpdate().orElseThrow().metrics(), results.get(0), images);
    }
  }

  private List<NativeTensor> arguments(
      Program program, Shard shard, NativeTensor summary, long images) {
    List<NativeTensor> arguments = new ArrayList<>();
    for (Program.Input input : program.inputs()) {
      NativeTensor argument = shard == null ? null : shard.argument(input.name());
      arguments.add(argument != null ? argument : common(input.name(), summary, images));
    }
    return arguments;
  }

  private NativeTensor common(String name, NativeTensor summary, long images) {
    if (name.equals("state")) {
      return state.state();
    }
    if (name.equals("summary") && summary != null) {
      return summary;
    }
    if (name.equals("key")) {
      return updateKey;
    }
    if (name.startsWith("knob_")) {
      NativeTensor knob = knobs.computeIfAbsent(name, n -> runtime.scalar(0f));
      knob.set((float) objective.knob(name.substring("knob_".length()), images));
      return knob;
    }
    if (state.group(name) == null) {
      throw new IllegalStateException(
          "phase " + phase.name() + ": nothing is known of argument " + name);
    }
    return state.parameters(name);
  }

  private static Map<String, Double> metrics(List<String> names, NativeTensor vector, long images) {
    Map<String, Double> values = new LinkedHashMap<>();
    var floats = vector.memory().asFloatBuffer();
    for (int i = 0; i < names.size(); i++) {
      put(values, names.get(i), floats.get(i), images);
    }
    return values;
  }

  private static void put(Map<String, Double> values, String name, double value, long images) {
    if (!Double.isFinite(value)) {
      throw new DivergedException(name, value, images);
    }
    values.put(name, value);
  }

  private static FloatMemory memory(NativeTensor tensor) {
    return FloatMemory.host(tensor.address(), tensor.size());
  }

  @Override
  public void close() {
    gradient.close();
    sum.close();
    if (stateUpdate != null) {
      stateUpdate.close();
    }
    update.close();
    updateKey.close();
    knobs.values().forEach(NativeTensor::close);
  }
}
