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
  private long step;
  private long images;

  TrainingState(TorchRuntime runtime, Objective objective, long seed) {
    for (Group group : objective.groups()) {
      groups.put(group.name(), new GroupState(runtime, group, seed));
    }
    stateLayout = objective.state();
    state = runtime.zeros(DType.FLOAT32, Shape.of(stateLayout.size()));
    if (stateLayout.size() > 0) {
      stateLayout.initialize(seed, state.memory());
    }
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

  /** Views of all tensors; writing to their memory restores a state. */
  public List<NamedMemory> tensors() {
    List<NamedMemory> all = new ArrayList<>();
    groups.values().forEach(group -> all.addAll(group.slices()));
    for (Layout.Slice slice : stateLayout.slices().values()) {
      all.add(
          new NamedMemory(
              "state/" + slice.parameter().name(),
              slice.parameter().shape(),
              state.memory(slice.offset(), slice.size())));
    }
    return all;
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

  /** Sets the counters of a restored state, whose tensors have been written already. */
  public void restore(Map<String, Long> counters) {
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
