package dev.tessera.models.nn;

import dev.tessera.models.fused.AddNormModulate;
import dev.tessera.models.fused.NormModulate;
import dev.tessera.models.graph.Scope;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.Tensor;
import java.util.ArrayList;
import java.util.List;

/** Attention and a feed-forward network, each normalised, modulated and gated by the condition. */
final class DitBlock {

  private static final double EPS = 1e-6;

  private final BackboneRecipe.Dit recipe;
  private final String segment;
  private final Linear modulation;
  private final SelfAttention attention;
  private final Linear up;
  private final Linear down;

  DitBlock(Scope scope, BackboneRecipe.Dit recipe) {
    this.recipe = recipe;
    int width = recipe.width();
    segment = scope.segment();
    modulation = Linear.zero(scope.child("modulation").stacked(6), width, 6L * width);
    attention = new SelfAttention(scope.child("attention"), width, recipe.heads(), recipe.qkNorm());
    boolean gated = recipe.feedForward() == BackboneRecipe.Dit.FeedForward.SWIGLU;
    long hidden = gated ? gatedWidth(width) : 4L * width;
    up = Linear.of(scope.child("up").stacked(gated ? 2 : 1), width, gated ? 2 * hidden : hidden);
    down = Linear.of(scope.child("down"), hidden, width);
  }

  /** The least multiple of 64 that is at least 8/3 of the width: three matrices weigh as two. */
  static long gatedWidth(int width) {
    return (8L * width + 3 * 64 - 1) / (3 * 64) * 64;
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
    List<Tensor> normModulate(BackboneRecipe.Dit.Norm norm, Tensor shift, Tensor scale) {
      if (norm == BackboneRecipe.Dit.Norm.RMS) {
        Tensor sum = gate == null ? x : x.addProduct(perToken(gate), delta);
        Tensor normal = RmsNorm.normalized(sum, EPS).cast(shift.type().dtype());
        return List.of(sum, perToken(shift).addProduct(normal, perToken(scale).add(1)));
      }
      return gate == null
          ? List.of(x, new NormModulate(EPS).apply(x, shift, scale))
          : new AddNormModulate(EPS).apply(x, gate, delta, shift, scale);
    }

    private static Tensor perToken(Tensor perPicture) {
      return perPicture.reshape(Shape.of(perPicture.dim(0), 1, perPicture.dim(1)));
    }
  }

  /**
   * @param condition {@code [N, width]}
   * @param angles of rotary positions, null for none
   */
  Stream apply(Stream stream, Tensor condition, Rotary.Angles angles) {
    List<Tensor> operands = new ArrayList<>(List.of(condition, stream.x()));
    if (angles != null) {
      operands.add(angles.cos());
      operands.add(angles.sin());
    }
    if (stream.gate() != null) {
      operands.add(stream.gate());
      operands.add(stream.delta());
    }
    List<Tensor> next =
        condition
            .trace()
            .segments(segment, in -> body(in, angles != null), operands.toArray(Tensor[]::new));
    return new Stream(next.get(0), next.get(1), next.get(2));
  }

  private List<Tensor> body(List<Tensor> in, boolean rotates) {
    Rotary.Angles angles = rotates ? new Rotary.Angles(in.get(2), in.get(3)) : null;
    int rest = rotates ? 4 : 2;
    boolean first = in.size() == rest;
    Stream stream =
        first ? Stream.of(in.get(1)) : new Stream(in.get(1), in.get(rest), in.get(rest + 1));
    return body(in.get(0), stream, angles);
  }

  private List<Tensor> body(Tensor condition, Stream stream, Rotary.Angles angles) {
    List<Tensor> m = modulation.apply(condition).chunk(1, 6);
    List<Tensor> first = stream.normModulate(recipe.norm(), m.get(0), m.get(1));
    Stream middle = new Stream(first.get(0), m.get(2), attention.apply(first.get(1), angles));
    List<Tensor> second = middle.normModulate(recipe.norm(), m.get(3), m.get(4));
    return List.of(second.get(0), m.get(5), down.apply(hidden(second.get(1))));
  }

  private Tensor hidden(Tensor x) {
    if (recipe.feedForward() == BackboneRecipe.Dit.FeedForward.GELU) {
      return up.applyGelu(x);
    }
    List<Tensor> gateAndValue = up.apply(x).chunk(2, 2);
    return gateAndValue.get(0).silu().mul(gateAndValue.get(1));
  }
}
