package dev.tessera.models.nn;

import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.Tensor;
import dev.tessera.models.graph.Trace;

/** Classes as vectors. */
final class OneHot {

  private OneHot() {}

  /** {@code [N, classes]} in the master type, zeros where the label is {@code classes}. */
  static Tensor of(Tensor labels, int classes) {
    Trace trace = labels.trace();
    return labels
        .reshape(Shape.of(labels.dim(0), 1))
        .equalTo(trace.range(classes, DType.INT64))
        .cast(trace.precision().master());
  }
}
