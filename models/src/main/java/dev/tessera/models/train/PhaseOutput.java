package dev.tessera.models.train;

import dev.tessera.models.runtime.NativeTensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What one phase of a step leaves to be read.
 *
 * @param scaling how the loss is scaled; empty if it is not
 * @param summary starts with the phase's metrics
 * @param report vector of an {@link UpdateReport}
 * @param updated metrics of the state's update; null without one
 */
record PhaseOutput(
    Phase phase,
    Optional<LossScaleRecipe> scaling,
    NativeTensor summary,
    NativeTensor report,
    NativeTensor updated)
    implements AutoCloseable {

  /** All that is to be read, in the order that {@link #values} expects. */
  List<NativeTensor> tensors() {
    List<NativeTensor> all = new ArrayList<>(List.of(summary, report));
    if (updated != null) {
      all.add(updated);
    }
    return all;
  }

  /**
   * The metrics by name. Of a skipped step, those that are no numbers are left out.
   *
   * @param read the values of {@link #tensors}
   * @param images seen before the step
   * @throws DivergedException if one is not a finite number, unless the step is skipped, or if the
   *     loss's scale has fallen below its minimum
   */
  Map<String, Double> values(List<float[]> read, long images) {
    Map<String, Double> values = new LinkedHashMap<>();
    UpdateReport update = UpdateReport.of(read.get(1));
    boolean skipped = update.skipped();
    add(values, phase.metrics(), read.get(0), skipped, images);
    add(values, List.of(new Metric(phase.group() + "_grad_norm")), read.get(1), skipped, images);
    if (updated != null) {
      add(values, phase.stateUpdate().orElseThrow().metrics(), read.get(2), skipped, images);
    }
    update.scaling().ifPresent(scale -> add(values, scale, images));
    return values;
  }

  private static void add(
      Map<String, Double> values,
      List<Metric> metrics,
      float[] read,
      boolean skipped,
      long images) {
    for (int i = 0; i < metrics.size(); i++) {
      String name = metrics.get(i).name();
      if (Float.isFinite(read[i])) {
        values.put(name, (double) read[i]);
      } else if (!skipped) {
        throw new DivergedException(name, read[i], images);
      }
    }
  }

  private void add(Map<String, Double> values, UpdateReport.Scaling scale, long images) {
    if (scale.next() < scaling.orElseThrow().minimum()) {
      throw DivergedException.ofScale(phase.group(), scale.next(), images);
    }
    values.put(phase.group() + "_loss_scale", (double) scale.next());
    values.put(phase.group() + "_skipped", scale.skipped() ? 1.0 : 0.0);
  }

  @Override
  public void close() {
    tensors().forEach(NativeTensor::close);
  }
}
