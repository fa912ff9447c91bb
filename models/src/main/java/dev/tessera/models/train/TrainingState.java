package dev.tessera.models.train;

import dev.tessera.models.checkpoint.VectorName;
import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Layout;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.runtime.NativeTensor;
import dev.tessera.models.runtime.TorchRuntime;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32C;

/** All that a checkpoint holds: groups, the state vector and the position of the run. */
public final class TrainingState implements AutoCloseable {

  private final Map<String, GroupState> groups = new LinkedHashMap<>();
  private final Layout stateLayout;
  private final NativeTensor state;

  /** What {@link #tensors} gave out last. */
  private final Map<VectorName, HostCopy> copies = new LinkedHashMap<>();

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
  public Counters counters() {
    Map<String, Long> updates = new LinkedHashMap<>();
    groups.forEach((name, group) -> updates.put(name, group.updates()));
    return new Counters(step, images, updates);
  }

  /**
   * All tensors as the host sees them: views of the CPU's, copies of a GPU's. To restore a state,
   * write to their memory and call {@link #restore}.
   */
  public List<NamedMemory> tensors() {
    copies.clear();
    copies.putAll(vectors());
    return downloaded(copies);
  }

  /** Every vector by its name in a checkpoint; nothing is copied yet. */
  private Map<VectorName, HostCopy> vectors() {
    Map<VectorName, HostCopy> all = new LinkedHashMap<>();
    groups.values().forEach(group -> all.putAll(group.vectors()));
    all.put(VectorName.state(), HostCopy.of(state, stateLayout));
    return all;
  }

  private static List<NamedMemory> downloaded(Map<VectorName, HostCopy> vectors) {
    List<NamedMemory> all = new ArrayList<>();
    vectors.forEach(
        (name, copy) -> {
          copy.download();
          all.addAll(copy.named(name.prefix()));
        });
    return all;
  }

  /** Lets go of what {@link #tensors} copied, once nothing is to be restored from it. */
  void forgetCopies() {
    copies.clear();
  }

  /**
   * The averages whose snapshots outlive checkpoints, as the host sees them; empty where a recipe
   * keeps none.
   */
  public List<NamedMemory> snapshots() {
    Map<VectorName, HostCopy> averages = new LinkedHashMap<>();
    for (GroupState group : groups.values()) {
      if (group.group().ema().map(EmaRecipe::leavesSnapshots).orElse(false)) {
        averages.putAll(group.averageVectors());
      }
    }
    return downloaded(averages);
  }

  /**
   * Refuses a state that no run can go on from. A step's own numbers do not show every way to get
   * there: statistics overflow, and the last update has no loss after it.
   *
   * @throws DivergedException naming the first tensor that holds an infinity or a NaN
   */
  void requireFinite() {
    vectors()
        .forEach(
            (vector, copy) -> copy.read((name, values) -> requireFinite(vector.of(name), values)));
  }

  /** CRC32C of the parameters and of the state vector, of what every rank holds alike. */
  int checksum() {
    CRC32C sum = new CRC32C();
    vectors()
        .forEach(
            (vector, copy) -> {
              if (vector.kind().equals(VectorName.PARAMETERS)
                  || vector.equals(VectorName.state())) {
                copy.read((name, values) -> sum.update(values));
              }
            });
    return (int) sum.getValue();
  }

  private void requireFinite(String name, ByteBuffer memory) {
    FloatBuffer values = memory.asFloatBuffer();
    while (values.hasRemaining()) {
      float value = values.get();
      if (!Float.isFinite(value)) {
        throw new DivergedException("an element of " + name, value, images);
      }
    }
  }

  /** Takes up what has been written to the memory of {@link #tensors}, and sets the counters. */
  public void restore(Counters counters) {
    copies.values().forEach(HostCopy::upload);
    copies.clear();
    step = counters.step();
    images = counters.images();
    groups.forEach((name, group) -> group.updates(counters.updates().get(name)));
  }

  @Override
  public void close() {
    groups.values().forEach(GroupState::close);
    state.close();
  }
}
