package dev.tessera.models.nn;

import dev.tessera.models.graph.Scope;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.Tensor;
import java.util.List;

/**
 * Two normalised convolutions beside a skip: {@code [N, in, H, W] -> [N, out, H, W]}, optionally
 * scaled and shifted by a condition between them.
 */
public final class ResBlock {

  private final GroupNorm norm1;
  private final Conv2d conv1;
  private final Linear condition;
  private final GroupNorm norm2;
  private final Conv2d conv2;
  private final Conv2d skip;

  private ResBlock(Scope scope, int in, int out, int conditionWidth) {
    norm1 = new GroupNorm(scope.child("norm1"), in);
    conv1 = Conv2d.same(scope.child("conv1"), in, out, 3);
    condition =
        conditionWidth > 0 ? Linear.zero(scope.child("condition"), conditionWidth, 2L * out) : null;
    norm2 = new GroupNorm(scope.child("norm2"), out);
    conv2 = Conv2d.zero(scope.child("conv2"), out, out, 3);
    skip = in == out ? null : Conv2d.same(scope.child("skip"), in, out, 1);
  }

  public static ResBlock of(Scope scope, int in, int out) {
    return new ResBlock(scope, in, out, 0);
  }

  public static ResBlock conditioned(Scope scope, int in, int out, int conditionWidth) {
    return new ResBlock(scope, in, out, conditionWidth);
  }

  /** {@code x [N, in, H, W]} to {@code [N, out, H, W]}, without a condition. */
  public Tensor apply(Tensor x) {
    return apply(x, null);
  }

  /** {@code x [N, in, H, W], embedding [N, conditionWidth]} to {@code [N, out, H, W]}. */
  public Tensor apply(Tensor x, Tensor embedding) {
    Tensor h = norm2.apply(conv1.apply(norm1.apply(x).silu()));
    if (condition != null) {
      List<Tensor> shiftScale = condition.apply(embedding).master().chunk(1, 2);
      h = h.mul(pixelwise(shiftScale.get(1)).add(1)).add(pixelwise(shiftScale.get(0)));
    }
    Tensor residual = conv2.apply(h.silu());
    return (skip == null ? x : skip.apply(x)).add(residual);
  }

  private static Tensor pixelwise(Tensor perPicture) {
    return perPicture.reshape(Shape.of(perPicture.dim(0), perPicture.dim(1), 1, 1));
  }
}
