package dev.tessera.models.vqgan;

import dev.tessera.models.graph.Scope;
import dev.tessera.models.graph.Tensor;
import dev.tessera.models.nn.ResBlock;
import dev.tessera.models.nn.SpatialAttention;
import java.util.List;
import java.util.function.UnaryOperator;

/** What the published form has at the coarsest level: two residual blocks, attention between. */
final class Middle {

  private Middle() {}

  /** Adds the layers of {@code features} features. */
  static void declare(
      Scope scope, VqganRecipe.Network network, int features, List<UnaryOperator<Tensor>> layers) {
    double eps = network.eps();
    layers.add(ResBlock.of(scope.child(0), features, features, eps)::apply);
    if (network.attention()) {
      layers.add(SpatialAttention.of(scope.child("attention"), features, 1, eps)::apply);
    }
    layers.add(ResBlock.of(scope.child(1), features, features, eps)::apply);
  }
}
