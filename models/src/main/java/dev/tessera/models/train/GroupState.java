package dev.tessera.models.train;

import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Layout;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.runtime.NativeTensor;
import dev.tessera.models.runtime.TorchRuntime;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * A group's flat vectors: parameters, both moments and the average; and on the device with them,
 * since a step is decided there, the number of its updates and the scale of its loss.
 */
final class GroupState implements AutoCloseable {

  private final Group group;
  private final NativeTensor parameters;
  private final NativeTensor firstMoment;
  private final NativeTensor secondMoment;
  private final NativeTensor average;
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
    firstMoment = runtime.zeros(DType.FLOAT32, flat);
    secondMoment = runtime.zeros(DType.FLOAT32, flat);
    if (group.ema().isPresent()) {
      average = runtime.zeros(DType.FLOAT32, flat);
      HostCopy.initialize(group.layout(), seed, parameters, average);
    } else {
      average = null;
      HostCopy.initialize(group.layout(), seed, parameters);
    }
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
  Map<String, HostCopy> vectors() {
    Map<String, HostCopy> all = new LinkedHashMap<>();
    all.put("parameters/" + group.name() + "/", HostCopy.of(parameters, group.layout()));
    if (average != null) {
      all.put("ema/" + group.name() + "/", HostCopy.of(average, group.layout()));
    }
    all.put("exp_avg/" + group.name() + "/", HostCopy.of(firstMoment, group.layout()));
    all.put("exp_avg_sq/" + group.name() + "/", HostCopy.of(secondMoment, group.layout()));
    if (lossScale != null) {
      all.put("loss_scale/" + group.name() + "/", HostCopy.of(lossScale, lossScaleLayout));
    }
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
    step.close();
    if (lossScale != null) {
      lossScale.close();
    }
  }
}
