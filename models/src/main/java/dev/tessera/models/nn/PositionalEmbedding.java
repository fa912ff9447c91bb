package dev.tessera.models.nn;

import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Scope;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.Tensor;
import dev.tessera.models.graph.Trace;
import java.util.List;

/**
 * The condition of DDPM++: sines and cosines of the noise level's label itself, to which a class
 * adds its vector, then two layers. {@code noise [N], label [N] -> [N, width]}.
 */
final class PositionalEmbedding {

  private static final double SLOWEST = 1e-4;

  private final int features;
  private final int classes;
  private final Linear label;
  private final Linear first;
  private final Linear second;

  /**
   * @param features sines and cosines
   * @param classes 0 for unconditional models; class number {@code classes} means no class
   */
  PositionalEmbedding(Scope scope, int features, int width, int classes) {
    this.features = features;
    this.classes = classes;
    label = classes > 0 ? Linear.of(scope.child("label"), classes, features) : null;
    first = Linear.of(scope.child("in"), features, width);
    second = Linear.of(scope.child("out"), width, width);
  }

  Tensor apply(Tensor noise, Tensor labels) {
    int half = features / 2;
    DType dtype = noise.type().dtype();
    // From 1 down to the slowest, both included.
    Tensor frequency =
        noise.trace().range(half, dtype).mul(Math.log(SLOWEST) / Math.max(1, half - 1)).exp();
    Tensor angle = noise.reshape(Shape.of(noise.dim(0), 1)).mul(frequency);
    Tensor position = Tensor.cat(1, List.of(angle.sin(), angle.cos()));
    Tensor sum = label == null ? position : position.add(label.apply(oneHot(labels)).master());
    return second.apply(first.apply(sum).silu()).silu();
  }

  /** {@code [N, classes]} of variance 1 over classes; zeros where there is no class. */
  private Tensor oneHot(Tensor labels) {
    Trace trace = labels.trace();
    Tensor hot =
        labels
            .reshape(Shape.of(labels.dim(0), 1))
            .equalTo(trace.range(classes, DType.INT64))
            .cast(trace.precision().master());
    return hot.mul(Math.sqrt(classes));
  }
}
