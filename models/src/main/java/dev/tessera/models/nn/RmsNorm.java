package dev.tessera.models.nn;

import dev.tessera.models.graph.Initializer;
import dev.tessera.models.graph.Parameter;
import dev.tessera.models.graph.Scope;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.Tensor;

/**
 * Division of the last dimension by its root mean square, then a learned scale (Zhang and Sennrich
 * 2019): {@code [..., features] -> same}.
 */
final class RmsNorm {

  private static final double EPS = 1e-6;

  private final Parameter scale;

  RmsNorm(Scope scope, long features) {
    scale = scope.vector("scale", Shape.of(features), Initializer.ones());
  }

  /** In the master type. */
  Tensor apply(Tensor x) {
    return normalized(x, EPS).mul(x.trace().weight(scale));
  }

  /** {@code x / sqrt(mean(x^2) + eps)} over the last dimension, in the master type. */
  static Tensor normalized(Tensor x, double eps) {
    Tensor value = x.master();
    return value.mul(value.square().mean(-1).add(eps).rsqrt());
  }
}
