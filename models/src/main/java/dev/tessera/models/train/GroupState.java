package dev.tessera.models.train;

import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Layout;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.runtime.NativeTensor;
import dev.tessera.models.runtime.TorchRuntime;
import java.util.ArrayList;
import java.util.List;

/** A group's flat vectors: parameters, both moments and the average. */
final class GroupState implements AutoCloseable {

  private final Group group;
  private final NativeTensor parameters;
  private final NativeTensor firstMoment;
  private final NativeTensor secondMoment;
  private final NativeTensor average;
  private long updates;

  GroupState(TorchRuntime runtime, Group group, long seed) {
    this.group = group;
    Shape flat = Shape.of(group.layout().size());
    parameters = runtime.zeros(DType.FLOAT32, flat);
    firstMoment = runtime.zeros(DType.FLOAT32, flat);
    secondMoment = runtime.zeros(DType.FLOAT32, flat);
    group.layout().initialize(seed, parameters.memory());
    if (group.ema().isPresent()) {
      average = runtime.zeros(DType.FLOAT32, flat);
      average.memory().put(parameters.memory());
    } else {
      average = null;
    }
  }

  Group group() {
    return group;
  }

  NativeTensor parameters() {
    return parameters;
  }

  NativeTensor firstMoment() {
    return firstMoment;
  }

  NativeTensor secondMoment() {
    return secondMoment;
  }

  /** Null without an EMA. */
  NativeTensor average() {
    return average;
  }

  long updates() {
    return updates;
  }

  void updates(long value) {
    updates = value;
  }

  /** Every vector, parameter by parameter. */
  List<NamedMemory> slices() {
    List<NamedMemory> all = new ArrayList<>();
    add(all, "parameters", parameters);
    if (average != null) {
      add(all, "ema", average);
    }
    add(all, "exp_avg", firstMoment);
    add(all, "exp_avg_sq", secondMoment);
    return all;
  }

  private void add(List<NamedMemory> all, String vector, NativeTensor flat) {
    for (Layout.Slice slice : group.layout().slices().values()) {
      all.add(
          new NamedMemory(
              vector + "/" + group.name() + "/" + slice.parameter().name(),
              slice.parameter().shape(),
              flat.memory(slice.offset(), slice.size())));
    }
  }

  @Override
  public void close() {
    parameters.close();
    firstMoment.close();
    secondMoment.close();
    if (average != null) {
      average.close();
    }
  }
}
