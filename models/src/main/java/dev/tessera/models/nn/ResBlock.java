package dev.tessera.models.nn;

import dev.tessera.models.graph.Parameter;
import dev.tessera.models.graph.Scope;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.Tensor;
import java.util.List;

/**
 * Two normalised convolutions beside a skip: {@code [N, in, H, W] -> [N, out, H, W]}, optionally
 * scaled and shifted by a condition between them. A segment, for recomputed activations.
 */
public final class ResBlock {

  private final String path;
  private final List<Parameter> own;
  private final GroupNorm norm1;
  private final Conv2d conv1;
  private final Linear condition;
  private final GroupNorm norm2;
  private final Conv2d conv2;
  private final Conv2d skip;

  private ResBlock(Scope scope, int in, int out, int conditionWidth, double eps) {
    path = scope.path();
    norm1 = new GroupNorm(scope.child("norm1"), in, eps);
    conv1 = Conv2d.same(scope.child("conv1"), in, out, 3);
    condition =
        conditionWidth > 0
            ? Linear.zero(scope.child("condition").stacked(2), conditionWidth, 2L * out)
            : null;
    norm2 = new GroupNorm(scope.child("norm2"), out, eps);
    conv2 = Conv2d.zero(scope.child("conv2"), out, out, 3);
    skip = in == out ? null : Conv2d.same(scope.child("skip"), in, out, 1);
    own = scope.parameters();
  }

  public static ResBlock of(Scope scope, int in, int out) {
    return of(scope, in, out, GroupNorm.EPS);
  }

  /**
   * @param eps of the norms
   */
  public static ResBlock of(Scope scope, int in, int out, double eps) {
    return new ResBlock(scope, in, out, 0, eps);
  }

  public static ResBlock conditioned(Scope scope, int in, int out, int conditionWidth) {
    return new ResBlock(scope, in, out, conditionWidth, GroupNorm.EPS);
  }

  /** {@code x [N, in, H, W]} to {@code [N, out, H, W]}, without a condition. */
  public Tensor apply(Tensor x) {
    return x.trace().segment(path, own, xs -> body(xs.get(0), null), x);
  }

  /** {@code x [N, in, H, W], embedding [N, conditionWidth]} to {@code [N, out, H, W]}. */
  public Tensor apply(Tensor x, Tensor embedding) {
    return x.trace().segment(path, own, xs -> body(xs.get(0), xs.get(1)), x, embedding);
  }

  private Tensor body(Tensor x, Tensor embedding) {
    Tensor first = norm1.silu(x);
    Tensor second =
        condition == null
            ? norm2.silu(conv1, first, null, 0)
            : modulated(norm2.apply(conv1.apply(first)), embedding);
    Tensor beside = skip == null ? x : skip.apply(x);
    return x.trace().fuses()
        ? conv2.applyAdding(second, beside, 1)
        : beside.add(conv2.apply(second));
  }

  private Tensor modulated(Tensor h, Tensor embedding) {
    List<Tensor> shiftScale = condition.apply(embedding).master().chunk(1, 2);
    return h.mul(pixelwise(shiftScale.get(1)).add(1)).add(pixelwise(shiftScale.get(0))).silu();
  }

  private static Tensor pixelwise(Tensor perPicture) {
    return perPicture.reshape(Shape.of(perPicture.dim(0), perPicture.dim(1), 1, 1));
  }
}
