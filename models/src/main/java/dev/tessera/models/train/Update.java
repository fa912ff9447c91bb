package dev.tessera.models.train;

import dev.tessera.models.graph.Program;
import dev.tessera.models.graph.Target;
import dev.tessera.models.runtime.Executable;
import dev.tessera.models.runtime.NativeTensor;
import dev.tessera.models.runtime.Results;
import dev.tessera.models.runtime.TorchRuntime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The update of one group as one program, {@link UpdateProgram}, with what it is told of a step.
 */
final class Update implements AutoCloseable {

  private final Executable executable;
  private final NativeTensor rate;
  private final List<NativeTensor> approaches = new ArrayList<>();

  Update(TorchRuntime runtime, Group group, Optional<LossScaleRecipe> scaling) {
    this(runtime, group, scaling, runtime.target());
  }

  Update(TorchRuntime runtime, Group group, Optional<LossScaleRecipe> scaling, Target target) {
    executable = runtime.load(trace(group, scaling, target));
    rate = runtime.scalar(0f);
    for (int i = 0; i < group.averages().size(); i++) {
      approaches.add(runtime.scalar(0f));
    }
  }

  /** The programs of all groups, by name. */
  static Map<String, Program> programs(
      Objective objective, TrainingSchedule schedule, Target target) {
    Map<String, Program> programs = new LinkedHashMap<>();
    for (Group group : objective.groups()) {
      programs.put(group.name(), trace(group, LossScale.of(objective, group, schedule), target));
    }
    return programs;
  }

  static Program trace(Group group, Optional<LossScaleRecipe> scaling, Target target) {
    return new UpdateProgram(group, scaling, target).trace();
  }

  /** Sets what changes from step to step, before {@link #apply}. */
  void prepare(GroupState state, long images, TrainingSchedule schedule) {
    Group group = state.group();
    rate.set((float) group.optimizer().rate(images, schedule.images()));
    for (int i = 0; i < approaches.size(); i++) {
      EmaRecipe ema = group.ema().orElseThrow();
      double keep = ema.keep(i, images + schedule.batch(), schedule.batch());
      approaches.get(i).set((float) (1 - keep));
    }
  }

  /**
   * Applies {@code gradient}, the mean over the global batch, scaled if the group's loss is.
   *
   * @return the vector of an {@link UpdateReport}, owned by the caller
   */
  NativeTensor apply(GroupState state, NativeTensor gradient) {
    List<NativeTensor> arguments = new ArrayList<>(List.of(state.parameters(), gradient));
    arguments.addAll(state.moments());
    arguments.add(state.step());
    arguments.add(rate);
    for (int i = 0; i < approaches.size(); i++) {
      arguments.add(approaches.get(i));
      arguments.add(state.averages().get(i));
    }
    if (state.lossScale() != null) {
      arguments.add(state.lossScale());
    }
    try (Results results = executable.run(arguments)) {
      return results.take(0);
    }
  }

  @Override
  public void close() {
    executable.close();
    rate.close();
    approaches.forEach(NativeTensor::close);
  }
}
