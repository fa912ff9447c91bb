package dev.tessera.models.train;

import dev.tessera.models.checkpoint.VectorName;
import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Layout;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.runtime.NativeTensor;
import dev.tessera.models.runtime.TorchRuntime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A group's flat vectors: parameters, the moments and averages of them; and on the device with
 * them, since a step is decided there, the number of its updates and the scale of its loss.
 */
final class GroupState implements AutoCloseable {

  private final Group group;
  private final NativeTensor parameters;
  private final List<NativeTensor> moments = new ArrayList<>();
  private final List<NativeTensor> averages = new ArrayList<>();
  private final NativeTensor step;
  private final NativeTensor lossScale;
  private final Layout lossScaleLayout;

  /**
   * @param scaling how the group's loss is scaled; empty if it is not
   */
  GroupState(TorchRuntime runtime, Group group, Optional<LossScaleRecipe> scaling, long seed) {
    this.group = group;
    Shape flat = Shape.of(group.layout().size());
    parameters = runtime.zeros(DType.FLOAT32, flat);
    for (int i = 0; i < group.moments().size(); i++) {
      moments.add(runtime.zeros(DType.FLOAT32, flat));
    }
    for (int i = 0; i < group.averages().size(); i++) {
      averages.add(runtime.zeros(DType.FLOAT32, flat));
    }
    List<NativeTensor> initialized = new ArrayList<>(List.of(parameters));
    initialized.addAll(averages);
    HostCopy.initialize(group.layout(), seed, initialized.toArray(NativeTensor[]::new));
    step = runtime.scalar(0f);
    if (scaling.isPresent()) {
      lossScaleLayout = LossScale.layout(scaling.get());
      lossScale = runtime.zeros(DType.FLOAT32, Shape.of(lossScaleLayout.size()));
      HostCopy.initialize(lossScaleLayout, seed, lossScale);
    } else {
      lossScaleLayout = null;
      lossScale = null;
    }
  }

  Group group() {
    return group;
  }

  NativeTensor parameters() {
    return parameters;
  }

  /** In the order of {@link Group#moments}. */
  List<NativeTensor> moments() {
    return moments;
  }

  /** In the order of {@link Group#averages}. */
  List<NativeTensor> averages() {
    return averages;
  }

  /** The first average; null without an EMA. */
  NativeTensor average() {
    return averages.isEmpty() ? null : averages.get(0);
  }

  /** Updates so far, a float32 without dimensions. */
  NativeTensor step() {
    return step;
  }

  /** The vector of {@link LossScale}; null where the loss is not scaled. */
  NativeTensor lossScale() {
    return lossScale;
  }

  /**
   * Updates so far, asked of the device; a step that was skipped made none. They are counted in
   * float32: from 2^24 on, long after they have ceased to matter, the count stands still.
   */
  long updates() {
    return (long) step.item();
  }

  void updates(long value) {
    step.set((float) value);
  }

  /** Every vector by its name in a checkpoint. */
  Map<VectorName, HostCopy> vectors() {
    Map<VectorName, HostCopy> all = new LinkedHashMap<>();
    all.put(named(VectorName.PARAMETERS), HostCopy.of(parameters, group.layout()));
    all.putAll(averageVectors());
    put(all, group.moments(), moments);
    if (lossScale != null) {
      all.put(named(VectorName.LOSS_SCALE), HostCopy.of(lossScale, lossScaleLayout));
    }
    return all;
  }

  /** As {@link #vectors}, the averages alone. */
  Map<VectorName, HostCopy> averageVectors() {
    Map<VectorName, HostCopy> all = new LinkedHashMap<>();
    put(all, group.averages(), averages);
    return all;
  }

  private VectorName named(String kind) {
    return new VectorName(kind, group.name());
  }

  private void put(Map<VectorName, HostCopy> all, List<String> names, List<NativeTensor> vectors) {
    for (int i = 0; i < names.size(); i++) {
      all.put(named(names.get(i)), HostCopy.of(vectors.get(i), group.layout()));
    }
  }

  @Override
  public void close() {
    parameters.close();
    moments.forEach(NativeTensor::close);
    averages.forEach(NativeTensor::close);
    step.close();
    if (lossScale != null) {
      lossScale.close();
    }
  }
}
