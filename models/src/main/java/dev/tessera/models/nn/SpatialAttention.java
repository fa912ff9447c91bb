package dev.tessera.models.nn;

import dev.tessera.models.graph.Scope;
import dev.tessera.models.graph.Tensor;

/** Attention among the pixels of {@code [N, C, H, W]}, normalised, beside a skip. */
public final class SpatialAttention {

  private final int heads;
  private final GroupNorm norm;
  private final Conv2d project;
  private final Conv2d output;

  public SpatialAttention(Scope scope, int channels, int heads) {
    this.heads = heads;
    norm = new GroupNorm(scope.child("norm"), channels);
    project = Conv2d.same(scope.child("qkv"), channels, 3L * channels, 1);
    output = Conv2d.zero(scope.child("output"), channels, channels, 1);
  }

  /** {@code x [N, channels, H, W]}, and so the result. */
  public Tensor apply(Tensor x) {
    long n = x.dim(0);
    long c = x.dim(1);
    long pixels = x.dim(2) * x.dim(3);
    Tensor qkv =
        project.apply(norm.apply(x)).reshape(n, 3, heads, c / heads, pixels).permute(1, 0, 2, 4, 3);
    Tensor attended = part(qkv, 0).attention(part(qkv, 1), part(qkv, 2), false);
    return x.add(output.apply(attended.permute(0, 1, 3, 2).reshape(x.shape())));
  }

  private static Tensor part(Tensor qkv, int i) {
    return qkv.narrow(0, i, 1).reshape(qkv.dim(1), qkv.dim(2), qkv.dim(3), qkv.dim(4));
  }
}
