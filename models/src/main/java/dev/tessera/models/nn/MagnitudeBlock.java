package dev.tessera.models.nn;

import dev.tessera.models.graph.Initializer;
import dev.tessera.models.graph.Parameter;
import dev.tessera.models.graph.Scope;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.Tensor;
import java.util.List;

/**
 * A block of EDM2's U-Net (Karras et al. 2024, figure 21): two convolutions between which the
 * condition scales features, beside a skip, then perhaps cosine attention beside another. A
 * segment.
 */
final class MagnitudeBlock {

  /** Share of the residual branch, and of attention, in the sum with their skip. */
  private static final double BRANCH = 0.3;

  /** Share of what comes over from the way down. */
  private static final double BESIDE = 0.5;

  private static final double LIMIT = 256;

  /**
   * What a block is made of.
   *
   * @param in features of its operand
   * @param out features of its result
   * @param condition width of the condition
   * @param up whether the block is on the way up: it then convolves its operand as it is, and not
   *     projected and normalised first
   */
  record Plan(
      int in,
      int out,
      int condition,
      boolean up,
      UnetBlock.Size size,
      boolean attention,
      int channelsPerHead,
      double dropout) {

    /** A block that keeps the size and does not attend. */
    static Plan of(BackboneRecipe.Edm2 recipe, int in, int out, int condition, boolean up) {
      return new Plan(
          in,
          out,
          condition,
          up,
          UnetBlock.Size.KEPT,
          false,
          recipe.channelsPerHead(),
          recipe.dropout());
    }

    Plan attending(boolean attends) {
      return new Plan(in, out, condition, up, size, attends, channelsPerHead, dropout);
    }

    Plan resizing(UnetBlock.Size other) {
      return new Plan(in, out, condition, up, other, attention, channelsPerHead, dropout);
    }
  }

  private final Plan plan;
  private final String segment;
  private final UnitConv2d conv1;
  private final UnitLinear condition;
  private final Parameter gain;
  private final UnitConv2d conv2;
  private final UnitConv2d skip;
  private final UnitConv2d project;
  private final UnitConv2d output;

  MagnitudeBlock(Scope scope, Plan plan) {
    this.plan = plan;
    int out = plan.out;
    segment = scope.segment();
    conv1 = new UnitConv2d(scope.child("conv1"), plan.up ? plan.in : out, out, 3);
    condition = new UnitLinear(scope.child("condition"), plan.condition, out);
    gain = scope.vector("gain", Shape.of(), Initializer.zeros());
    conv2 = new UnitConv2d(scope.child("conv2"), out, out, 3);
    skip = plan.in == out ? null : new UnitConv2d(scope.child("skip"), plan.in, out, 1);
    Scope attention = scope.child("attention");
    project = plan.attention ? new UnitConv2d(attention.child("qkv"), out, 3L * out, 1) : null;
    output = plan.attention ? new UnitConv2d(attention.child("output"), out, out, 1) : null;
  }

  /** Whether the result has another height and width than the operand. */
  boolean resizes() {
    return plan.size != UnetBlock.Size.KEPT;
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
            xs -> body(Magnitude.cat(xs.get(0), xs.get(1), BESIDE), xs.get(2)),
            x,
            beside,
            embedding);
  }

  private Tensor body(Tensor operand, Tensor embedding) {
    Tensor resized = resized(operand);
    Tensor x = plan.up ? resized : Magnitude.normalized(skipped(resized), 1);
    Tensor branch = branch(x, embedding);
    Tensor sum = Magnitude.sum(plan.up ? skipped(x) : x, branch, BRANCH);
    Tensor attended = project == null ? sum : Magnitude.sum(sum, attended(sum), BRANCH);
    return attended.clamp(-LIMIT, LIMIT);
  }

  private Tensor skipped(Tensor x) {
    return skip == null ? x : skip.apply(x);
  }

  private Tensor branch(Tensor x, Tensor embedding) {
    Tensor first = conv1.apply(Magnitude.silu(x));
    Tensor scale = condition.apply(embedding, x.trace().weight(gain)).add(1);
    Tensor perPixel = scale.reshape(Shape.of(scale.dim(0), scale.dim(1), 1, 1));
    Tensor second = Magnitude.silu(first.mul(perPixel));
    boolean drops = plan.dropout > 0 && x.trace().training();
    return conv2.apply(drops ? x.trace().at(segment, () -> second.dropout(plan.dropout)) : second);
  }

  /** Of queries, keys and values of root mean square 1. */
  private Tensor attended(Tensor x) {
    long n = x.dim(0);
    long c = x.dim(1);
    long pixels = x.dim(2) * x.dim(3);
    List<Tensor> qkv = project.apply(x).permute(0, 2, 3, 1).reshape(n, pixels, 3 * c).chunk(2, 3);
    Tensor sum = heads(qkv.get(0)).attention(heads(qkv.get(1)), heads(qkv.get(2)), false);
    return output.apply(
        sum.permute(0, 2, 1, 3).reshape(n, x.dim(2), x.dim(3), c).permute(0, 3, 1, 2));
  }

  /** {@code [N, pixels, C] -> [N, heads, pixels, C / heads]}, normalised within heads. */
  private Tensor heads(Tensor x) {
    long perHead = plan.channelsPerHead;
    Tensor split = x.reshape(x.dim(0), x.dim(1), x.dim(2) / perHead, perHead);
    return Magnitude.normalized(split, 3).permute(0, 2, 1, 3);
  }

  private Tensor resized(Tensor x) {
    return switch (plan.size) {
      case KEPT -> x;
      case HALVED -> Resampling.BOX.halved(x);
      case DOUBLED -> Resampling.BOX.doubled(x);
    };
  }
}
