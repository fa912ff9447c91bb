package dev.tessera.models.train;

import dev.tessera.models.runtime.NativeTensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What one phase of a step leaves to be read.
 *
 * @param summary starts with the phase's metrics
 * @param norm of the gradient
 * @param updated metrics of the state's update; null without one
 */
record PhaseOutput(Phase phase, NativeTensor summary, NativeTensor norm, NativeTensor updated)
    implements AutoCloseable {

  /** All that is to be read, in the order that {@link #values} expects. */
  List<NativeTensor> tensors() {
    List<NativeTensor> all = new ArrayList<>(List.of(summary, norm));
    if (updated != null) {
      all.add(updated);
    }
    return all;
  }

  /**
   * The metrics by name.
   *
   * @param read the values of {@link #tensors}
   * @param images seen before the step
   * @throws DivergedException if one is not a finite number
   */
  Map<String, Double> values(List<float[]> read, long images) {
    Map<String, Double> values = new LinkedHashMap<>();
    add(values, phase.metrics(), read.get(0), images);
    add(values, List.of(phase.group() + "_grad_norm"), read.get(1), images);
    if (updated != null) {
      add(values, phase.stateUpdate().orElseThrow().metrics(), read.get(2), images);
    }
    return values;
  }

  private static void add(
      Map<String, Double> values, List<String> names, float[] read, long images) {
    for (int i = 0; i < names.size(); i++) {
      if (!Float.isFinite(read[i])) {
        throw new DivergedException(names.get(i), read[i], images);
      }
      values.put(names.get(i), (double) read[i]);
    }
  }

  @Override
  public void close() {
    tensors().forEach(NativeTensor::close);
  }
}
