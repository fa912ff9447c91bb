package dev.tessera.models.diffusion;

import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.Tensor;
import dev.tessera.models.graph.Trace;

/** Random vectors of unit covariance, one a picture. */
final class Directions {

  private Directions() {}

  /** {@code [N, ...]} in float32. */
  static Tensor of(Trace trace, Loss.Direction law, Shape shape) {
    return switch (law) {
      case RADEMACHER -> {
        Tensor half = trace.full(DType.FLOAT32, Shape.of(), 0.5);
        Tensor one = trace.full(DType.FLOAT32, Shape.of(), 1);
        yield trace.uniform(shape).less(half).where(one, one.neg());
      }
      case NORMAL -> trace.normal(shape);
      case SPHERE -> {
        Tensor normal = trace.normal(shape);
        double radius = Math.sqrt((double) shape.size() / shape.dim(0));
        yield normal.div(normal.norm(1, 2, 3)).mul(radius);
      }
    };
  }
}
