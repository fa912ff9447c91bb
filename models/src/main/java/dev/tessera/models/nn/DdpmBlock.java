package dev.tessera.models.nn;

import dev.tessera.models.graph.Scope;
import dev.tessera.models.graph.Tensor;
import java.util.List;

/**
 * A residual block of DDPM++: two normalised convolutions, the condition's shift and dropout
 * between them, beside a skip; then perhaps attention beside another. Both sums are divided by
 * {@code sqrt(2)}. A segment.
 */
final class DdpmBlock {

  static final double EPS = 1e-6;

  /** Scale of the initial weights of last layers. */
  static final double LAST = 1e-5;

  private static final double PROJECTION = Math.sqrt(0.2);
  private static final double BALANCE = Math.sqrt(0.5);

  /** What a block does to height and width, before its first convolution. */
  enum Size {
    KEPT,
    /** The mean of four pixels becomes one. */
    HALVED,
    /** One pixel becomes four. */
    DOUBLED
  }

  /**
   * What a block is made of.
   *
   * @param in features of its operand
   * @param out features of its result
   * @param condition width of the condition
   */
  record Plan(int in, int out, int condition, double dropout, Size size, boolean attention) {

    /** A block that keeps the size and does not attend. */
    Plan(int in, int out, BackboneRecipe.DdpmPlusPlus recipe) {
      this(in, out, 4 * recipe.channels(), recipe.dropout(), Size.KEPT, false);
    }

    Plan attending(boolean attends) {
      return new Plan(in, out, condition, dropout, size, attends);
    }

    Plan resizing(Size other) {
      return new Plan(in, out, condition, dropout, other, attention);
    }
  }

  private final Plan plan;
  private final String segment;
  private final GroupNorm norm1;
  private final Conv2d conv1;
  private final Linear condition;
  private final GroupNorm norm2;
  private final Conv2d conv2;
  private final Conv2d skip;
  private final SpatialAttention attention;

  DdpmBlock(Scope scope, Plan plan) {
    this.plan = plan;
    int in = plan.in;
    int out = plan.out;
    segment = scope.segment();
    norm1 = new GroupNorm(scope.child("norm1"), in, EPS);
    conv1 = Conv2d.xavier(scope.child("conv1"), in, out, 3, 1);
    condition = Linear.of(scope.child("condition"), plan.condition, out);
    norm2 = new GroupNorm(scope.child("norm2"), out, EPS);
    conv2 = Conv2d.xavier(scope.child("conv2"), out, out, 3, LAST);
    boolean straight = in == out && plan.size == Size.KEPT;
    skip = straight ? null : Conv2d.xavier(scope.child("skip"), in, out, 1, 1);
    attention =
        plan.attention
            ? SpatialAttention.xavier(scope.child("attention"), out, EPS, PROJECTION, LAST)
            : null;
  }

  /** Whether the result has another height and width than the operand. */
  boolean resizes() {
    return plan.size != Size.KEPT;
  }

  /** {@code x [N, in, H, W], embedding [N, condition]}. */
  Tensor apply(Tensor x, Tensor embedding) {
    return x.trace().segment(segment, xs -> body(xs.get(0), xs.get(1)), x, embedding);
  }

  /** Of {@code x} and {@code beside}, which together have the features {@code in}. */
  Tensor apply(Tensor x, Tensor beside, Tensor embedding) {
    return x.trace()
        .segment(
            segment,
            xs -> body(Tensor.cat(1, List.of(xs.get(0), xs.get(1))), xs.get(2)),
            x,
            beside,
            embedding);
  }

  private Tensor body(Tensor x, Tensor embedding) {
    Tensor first = resized(norm1.silu(x));
    Tensor second = norm2.silu(conv1, first, condition.apply(embedding), plan.dropout);
    Tensor beside = skipped(x);
    Tensor sum =
        x.trace().fuses()
            ? conv2.applyAdding(second, beside, BALANCE)
            : conv2.apply(second).scaledSum(beside, BALANCE);
    return attention == null ? sum : attention.residual(sum).scaledSum(sum, BALANCE);
  }

  /** A convolution of 1 x 1 commutes with both changes of size: it runs where pixels are fewer. */
  private Tensor skipped(Tensor x) {
    if (skip == null) {
      return x;
    }
    return plan.size == Size.DOUBLED ? resized(skip.apply(x)) : skip.apply(resized(x));
  }

  private Tensor resized(Tensor x) {
    return switch (plan.size) {
      case KEPT -> x;
      case HALVED -> x.avgPool(2);
      case DOUBLED -> x.upsampleNearest(2);
    };
  }
}
