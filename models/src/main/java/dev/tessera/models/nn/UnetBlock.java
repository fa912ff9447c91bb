package dev.tessera.models.nn;

import dev.tessera.models.fused.ScaledSum;
import dev.tessera.models.graph.Scope;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.Tensor;
import java.util.List;

/**
 * A residual block of EDM's U-Nets: two normalised convolutions, the condition's shift (in ADM its
 * scale too) and dropout between them, beside a skip; then perhaps attention beside another. In the
 * nets of Song et al. both sums are divided by {@code sqrt(2)}. A segment.
 */
final class UnetBlock {

  /** What a block does to height and width, before its first convolution. */
  enum Size {
    KEPT,
    HALVED,
    DOUBLED
  }

  /**
   * What a block is made of.
   *
   * @param in features of its operand
   * @param out features of its result
   */
  record Plan(int in, int out, Size size, boolean attention) {

    /** A block that keeps the size and does not attend. */
    static Plan of(int in, int out) {
      return new Plan(in, out, Size.KEPT, false);
    }

    Plan attending(boolean attends) {
      return new Plan(in, out, size, attends);
    }

    Plan resizing(Size other) {
      return new Plan(in, out, other, attention);
    }
  }

  private final UnetForm form;
  private final Plan plan;
  private final String segment;
  private final GroupNorm norm1;
  private final Conv2d conv1;
  private final Linear condition;
  private final GroupNorm norm2;
  private final Conv2d conv2;
  private final Conv2d skip;
  private final SpatialAttention attention;

  UnetBlock(Scope scope, UnetForm form, Plan plan) {
    this.form = form;
    this.plan = plan;
    int in = plan.in;
    int out = plan.out;
    segment = scope.segment();
    norm1 = new GroupNorm(scope.child("norm1"), in, form.eps());
    conv1 = form.convolution(scope.child("conv1"), in, out, 3);
    condition = form.conditioning(scope.child("condition"), out);
    norm2 = new GroupNorm(scope.child("norm2"), out, form.eps());
    conv2 = form.last(scope.child("conv2"), out, out, 3);
    boolean projects = in != out || (resizes() && form.projectsResized());
    skip = projects ? form.convolution(scope.child("skip"), in, out, 1) : null;
    attention = plan.attention ? form.attention(scope.child("attention"), out) : null;
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
    Tensor second =
        form.adm()
            ? modulated(first, embedding)
            : norm2.silu(conv1, first, condition.apply(embedding), form.dropout());
    Tensor beside = skipped(x);
    Tensor sum =
        x.trace().fuses()
            ? conv2.applyAdding(second, beside, form.balance())
            : summed(conv2.apply(second), beside);
    return attention == null ? sum : summed(attention.residual(sum), sum);
  }

  private Tensor summed(Tensor x, Tensor beside) {
    return form.balance() == 1 ? x.add(beside) : new ScaledSum(form.balance()).apply(x, beside);
  }

  /** The condition's scale and shift after the norm. */
  private Tensor modulated(Tensor x, Tensor embedding) {
    Tensor normal = norm2.apply(conv1.apply(x));
    List<Tensor> scaleShift = condition.apply(embedding).cast(normal.type().dtype()).chunk(1, 2);
    Tensor scale = pixelwise(scaleShift.get(0)).add(1);
    Tensor active = pixelwise(scaleShift.get(1)).addProduct(normal, scale).silu();
    boolean drops = form.dropout() > 0 && x.trace().training();
    return drops ? x.trace().at(segment, () -> active.dropout(form.dropout())) : active;
  }

  private static Tensor pixelwise(Tensor perPicture) {
    return perPicture.reshape(Shape.of(perPicture.dim(0), perPicture.dim(1), 1, 1));
  }

  /**
   * A convolution of 1 x 1 commutes with changes of size that keep its bias: it runs where pixels
   * are fewer.
   */
  private Tensor skipped(Tensor x) {
    if (skip == null) {
      return resized(x);
    }
    boolean late = plan.size == Size.DOUBLED && form.resampling().keepsConstants();
    return late ? resized(skip.apply(x)) : skip.apply(resized(x));
  }

  private Tensor resized(Tensor x) {
    return switch (plan.size) {
      case KEPT -> x;
      case HALVED -> form.resampling().halved(x);
      case DOUBLED -> form.resampling().doubled(x);
    };
  }
}
