package dev.tessera.models.train;

import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.runtime.NativeTensor;
import dev.tessera.models.runtime.TorchRuntime;
import java.util.LinkedHashMap;
import java.util.Map;

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
    if (group.ema().isPresent()) {
      average = runtime.zeros(DType.FLOAT32, flat);
      HostCopy.initialize(group.layout(), seed, parameters, average);
    } else {
      average = null;
      HostCopy.initialize(group.layout(), seed, parameters);
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

  /** Every vector by its name in a checkpoint. */
  Map<String, HostCopy> vectors() {
    Map<String, HostCopy> all = new LinkedHashMap<>();
    all.put("parameters/" + group.name() + "/", HostCopy.of(parameters, group.layout()));
    if (average != null) {
      all.put("ema/" + group.name() + "/", HostCopy.of(average, group.layout()));
    }
    all.put("exp_avg/" + group.name() + "/", HostCopy.of(firstMoment, group.layout()));
    all.put("exp_avg_sq/" + group.name() + "/", HostCopy.of(secondMoment, group.layout()));
    return all;
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
