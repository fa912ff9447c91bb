package dev.tessera.models.train;

import dev.tessera.models.graph.Tensor;
import dev.tessera.models.graph.Trace;
import java.util.List;
import java.util.Optional;

/**
 * What a gradient comes to once the loss's scale is taken out, as tensors without dimensions.
 * Dividing by the scale is exact while scales are powers of two, and the rounding of one division
 * otherwise: no reciprocal is taken.
 *
 * @param norm of the gradient without the scale
 * @param taken 1 where the step is taken, otherwise 0
 * @param scaled how it was scaled; empty if it was not
 */
record Unscaled(Tensor norm, Tensor taken, Optional<Scaled> scaled) {

  /**
   * @param scaler of the group
   * @param scale of this step
   * @param skipped 1 where the gradient is not finite, otherwise 0
   * @param next the scaler's vector for the next step
   */
  record Scaled(LossScaler scaler, Tensor scale, Tensor skipped, Tensor next) {}

  /**
   * @param norm of the gradient as it is
   */
  static Unscaled of(Tensor norm, Optional<LossScaler> scaler) {
    if (scaler.isEmpty()) {
      return new Unscaled(norm, LossScale.number(norm.trace(), 1), Optional.empty());
    }
    Trace trace = norm.trace();
    Tensor vector = scaler.get().vector();
    Tensor scale = LossScale.value(vector);
    Tensor unscaled = norm.div(scale);
    // False for NaN too. Whatever is not finite in the gradient is so in its norm.
    Tensor sound = unscaled.less(LossScale.number(trace, Double.POSITIVE_INFINITY));
    Tensor skipped = sound.where(LossScale.number(trace, 0), LossScale.number(trace, 1));
    Tensor next = LossScale.next(vector, sound, scaler.get().recipe());
    Tensor taken = LossScale.number(trace, 1).sub(skipped);
    return new Unscaled(
        unscaled, taken, Optional.of(new Scaled(scaler.get(), scale, skipped, next)));
  }

  /** 1 where nothing is to change, otherwise 0; null where every step is taken. */
  Tensor skipped() {
    return scaled.map(Scaled::skipped).orElse(null);
  }

  /** The vector of an {@link UpdateReport}. */
  Tensor report() {
    return scaled
        .map(s -> UpdateReport.vector(norm, s.skipped(), LossScale.value(s.next())))
        .orElse(norm);
  }

  /** Sets the scale of the next step. */
  List<Tensor> rescale() {
    return scaled.map(s -> List.of(s.scaler().vector().copyFrom(s.next()))).orElse(List.of());
  }
}
