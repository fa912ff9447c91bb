package dev.tessera.models.nn;

import dev.tessera.models.graph.Scope;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.Tensor;
import java.util.List;

/** Attention and a two-layer network, each normalised, modulated and gated by the condition. */
final class DitBlock {

  private static final double EPS = 1e-6;

  private final String segment;
  private final Linear modulation;
  private final SelfAttention attention;
  private final Linear up;
  private final Linear down;

  DitBlock(Scope scope, BackboneRecipe.Dit recipe) {
    int width = recipe.width();
    segment = scope.segment();
    modulation = Linear.zero(scope.child("modulation"), width, 6L * width);
    attention = new SelfAttention(scope.child("attention"), width, recipe.heads());
    up = Linear.of(scope.child("up"), width, 4L * width);
    down = Linear.of(scope.child("down"), 4L * width, width);
  }

  /** {@code x [N, tokens, width], condition [N, width]}. */
  Tensor apply(Tensor x, Tensor condition) {
    return x.trace().segment(segment, xs -> body(xs.get(0), xs.get(1)), x, condition);
  }

  private Tensor body(Tensor x, Tensor condition) {
    List<Tensor> m = modulation.apply(condition).chunk(1, 6);
    Tensor attended = attention.apply(modulate(x.shortLayerNorm(EPS), m.get(0), m.get(1)));
    // The residual stream stays in the master type; its summands need not.
    Tensor middle = x.addProduct(gate(m.get(2)), attended);
    Tensor hidden = up.apply(modulate(middle.shortLayerNorm(EPS), m.get(3), m.get(4))).gelu();
    return middle.addProduct(gate(m.get(5)), down.apply(hidden));
  }

  /** {@code x (1 + scale) + shift}, one scale and shift a picture. */
  static Tensor modulate(Tensor x, Tensor shift, Tensor scale) {
    return gate(shift).addProduct(x, gate(scale).add(1));
  }

  private static Tensor gate(Tensor perPicture) {
    return perPicture.reshape(Shape.of(perPicture.dim(0), 1, perPicture.dim(1)));
  }
}
