package dev.tessera.models.train;

import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Layout;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.runtime.NativeTensor;
import dev.tessera.models.runtime.TorchRuntime;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** All that a checkpoint holds: groups, the state vector and the position of the run. */
public final class TrainingState implements AutoCloseable {

  private final Map<String, GroupState> groups = new LinkedHashMap<>();
  private final Layout stateLayout;
  private final NativeTensor state;

  /** What {@link #tensors} gave out last. */
  private final Map<String, HostCopy> copies = new LinkedHashMap<>();

  private long step;
  private long images;

  TrainingState(TorchRuntime runtime, Objective objective, TrainingSchedule schedule) {
    for (Group group : objective.groups()) {
      groups.put(
          group.name(),
          new GroupState(
              runtime, group, LossScale.of(objective, group, schedule), schedule.seed()));
    }
    stateLayout = objective.state();
    state = runtime.zeros(DType.FLOAT32, Shape.of(stateLayout.size()));
    HostCopy.initialize(stateLayout, schedule.seed(), state);
  }

  public long step() {
    return step;
  }

  public long images() {
    return images;
  }

  void advance(int batch) {
    step++;
    images += batch;
  }

  GroupState group(String name) {
    return groups.get(name);
  }

  /** A group's parameters, in the flat order of its layout. */
  public NativeTensor parameters(String group) {
    return groups.get(group).parameters();
  }

  /** A group's averaged parameters; null if it keeps no average. */
  public NativeTensor average(String group) {
    return groups.get(group).average();
  }

  /** The flat state vector. */
  public NativeTensor state() {
    return state;
  }

  /** Numbers beside the tensors: positions and update counts. */
  public Map<String, Long> counters() {
    Map<String, Long> counters = new LinkedHashMap<>();
    counters.put("step", step);
    counters.put("images", images);
    groups.forEach((name, group) -> counters.put("updates/" + name, group.updates()));
    return counters;
  }

  /**
   * All tensors as the host sees them: views of the CPU's, copies of a GPU's. To restore a state,
   * write to their memory and call {@link #restore}.
   */
  public List<NamedMemory> tensors() {
    copies.clear();
    groups.values().forEach(group -> copies.putAll(group.vectors()));
    copies.put("state/", HostCopy.of(state, stateLayout));
    List<NamedMemory> all = new ArrayList<>();
    copies.forEach(
        (prefix, copy) -> {
          copy.download();
          all.addAll(copy.named(prefix));
        });
    return all;
  }

  /**
   * The averages whose snapshots outlive checkpoints, as the host sees them; empty where a recipe
   * keeps none.
   */
  public List<NamedMemory> snapshots() {
    List<String> prefixes = new ArrayList<>();
    for (GroupState group : groups.values()) {
      if (group.group().ema().map(EmaRecipe::leavesSnapshots).orElse(false)) {
        group.group().averages().forEach(n -> prefixes.add(n + "/" + group.group().name() + "/"));
      }
    }
    if (prefixes.isEmpty()) {
      return List.of();
    }
    return tensors().stream()
        .filter(tensor -> prefixes.stream().anyMatch(tensor.name()::startsWith))
        .toList();
  }

  /**
   * Refuses a state that no run can go on from. A step's own numbers do not show every way to get
   * there: statistics overflow, and the last update has no loss after it.
   *
   * @throws DivergedException naming the first tensor that holds an infinity or a NaN
   */
  void requireFinite() {
    for (NamedMemory tensor : tensors()) {
      FloatBuffer values = tensor.memory().asFloatBuffer();
      while (values.hasRemaining()) {
        float value = values.get();
        if (!Float.isFinite(value)) {
          throw new DivergedException("an element of " + tensor.name(), value, images);
        }
      }
    }
  }

  /** Takes up what has been written to the memory of {@link #tensors}, and sets the counters. */
  public void restore(Map<String, Long> counters) {
    copies.values().forEach(HostCopy::upload);
    copies.clear();
    step = counters.get("step");
    images = counters.get("images");
    groups.forEach((name, group) -> group.updates(counters.get("updates/" + name)));
  }

  @Override
  public void close() {
    groups.values().forEach(GroupState::close);
    state.close();
  }
}
