package dev.tessera.models.nn;

import dev.tessera.models.graph.Scope;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.Tensor;

/** A linear map by a {@link UnitWeight}: {@code [..., in] -> [..., out]}. */
final class UnitLinear {

  private final UnitWeight weight;

  UnitLinear(Scope scope, long in, long out) {
    this.weight = new UnitWeight(scope, Shape.of(out, in));
  }

  /** In the compute type. */
  Tensor apply(Tensor x) {
    return apply(x, null);
  }

  /**
   * @param gain what the weight is multiplied with, without dimensions; null for 1
   */
  Tensor apply(Tensor x, Tensor gain) {
    return x.trace().at(weight.path(), () -> x.linear(weight.scaled(x.trace(), gain), null));
  }
}
