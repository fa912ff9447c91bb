package dev.tessera.models.nn;

import dev.tessera.models.graph.Scope;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.Tensor;

/** A convolution by a {@link UnitWeight}: same size, no bias. */
final class UnitConv2d {

  private final UnitWeight weight;
  private final int kernel;

  UnitConv2d(Scope scope, long in, long out, int kernel) {
    this.weight = new UnitWeight(scope, Shape.of(out, in, kernel, kernel));
    this.kernel = kernel;
  }

  /** {@code x [N, in, H, W]} to {@code [N, out, H, W]}, in the compute type. */
  Tensor apply(Tensor x) {
    return apply(x, null);
  }

  /**
   * @param gain what the weight is multiplied with, without dimensions; null for 1
   */
  Tensor apply(Tensor x, Tensor gain) {
    return x.trace()
        .at(weight.path(), () -> x.conv2d(weight.scaled(x.trace(), gain), null, 1, kernel / 2));
  }
}
