package dev.tessera.models.nn;

import dev.tessera.models.graph.Scope;
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

  /**
   * The residual stream between two blocks: {@code x + gate delta}, not added up yet, so that the
   * sum and the norm that follows are one pass over memory.
   *
   * @param x {@code [N, tokens, width]} in the master type
   * @param gate {@code [N, width]}; null where nothing is to be added
   * @param delta {@code [N, tokens, width]}; null with gate
   */
  record Stream(Tensor x, Tensor gate, Tensor delta) {

    static Stream of(Tensor x) {
      return new Stream(x, null, null);
    }

    /** The stream's value, then its norm, modulated for a consumer in the compute type. */
    List<Tensor> normModulate(Tensor shift, Tensor scale) {
      return gate == null
          ? List.of(x, x.normModulate(shift, scale, EPS))
          : x.addNormModulate(gate, delta, shift, scale, EPS);
    }
  }

  /** {@code condition [N, width]}. */
  Stream apply(Stream stream, Tensor condition) {
    Tensor[] operands =
        stream.gate() == null
            ? new Tensor[] {condition, stream.x()}
            : new Tensor[] {condition, stream.x(), stream.gate(), stream.delta()};
    List<Tensor> next =
        condition.trace().segments(segment, in -> body(in.get(0), stream(in)), operands);
    return new Stream(next.get(0), next.get(1), next.get(2));
  }

  private static Stream stream(List<Tensor> operands) {
    return operands.size() == 2
        ? Stream.of(operands.get(1))
        : new Stream(operands.get(1), operands.get(2), operands.get(3));
  }

  private List<Tensor> body(Tensor condition, Stream stream) {
    List<Tensor> m = modulation.apply(condition).chunk(1, 6);
    List<Tensor> first = stream.normModulate(m.get(0), m.get(1));
    Stream middle = new Stream(first.get(0), m.get(2), attention.apply(first.get(1)));
    List<Tensor> second = middle.normModulate(m.get(3), m.get(4));
    Tensor hidden = up.applyGelu(second.get(1));
    return List.of(second.get(0), m.get(5), down.apply(hidden));
  }
}
