package dev.tessera.models.train;

import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.Tensor;
import java.util.List;
import java.util.Optional;

/**
 * What an {@link Update} tells of itself: a float32 vector with the gradient's norm and, in a group
 * whose loss is scaled, 1 where the step is skipped (otherwise 0) and the scale of the next step.
 */
record UpdateReport(float norm, Optional<Scaling> scaling) {

  /** Elements where the loss is scaled. */
  static final long SCALED_SIZE = 3;

  private static final int NORM = 0;
  private static final int SKIPPED = 1;
  private static final int NEXT_SCALE = 2;

  /**
   * @param skipped whether nothing was changed, for want of a finite gradient
   * @param next scale of the next step
   */
  record Scaling(boolean skipped, float next) {}

  static UpdateReport of(float... read) {
    return new UpdateReport(
        read[NORM],
        read.length < SCALED_SIZE
            ? Optional.empty()
            : Optional.of(new Scaling(read[SKIPPED] != 0, read[NEXT_SCALE])));
  }

  boolean skipped() {
    return scaling.map(Scaling::skipped).orElse(false);
  }

  /** The vector in a program; all three without dimensions. */
  static Tensor vector(Tensor norm, Tensor skipped, Tensor next) {
    return Tensor.cat(0, List.of(norm.reshape(1), skipped.reshape(1), next.reshape(1)));
  }

  /** The truth value {@code [1]} of a skipped step. */
  static Tensor skipped(Tensor vector) {
    return vector
        .narrow(0, SKIPPED, 1)
        .greater(LossScale.number(vector.trace(), 0))
        .reshape(Shape.of(1));
  }
}
