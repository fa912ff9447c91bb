package dev.tessera.models.nn;

import dev.tessera.models.graph.Scope;
import dev.tessera.models.graph.Tensor;
import java.util.List;

/** Attention among the pixels of {@code [N, C, H, W]}, normalised, beside a skip. */
public final class SpatialAttention {

  private final int heads;
  private final GroupNorm norm;
  private final Conv2d project;
  private final Conv2d output;

  private SpatialAttention(int heads, GroupNorm norm, Conv2d project, Conv2d output) {
    this.heads = heads;
    this.norm = norm;
    this.project = project;
    this.output = output;
  }

  public static SpatialAttention of(Scope scope, int channels, int heads) {
    return of(scope, channels, heads, GroupNorm.EPS);
  }

  /**
   * @param eps of the norm
   */
  public static SpatialAttention of(Scope scope, int channels, int heads, double eps) {
    return new SpatialAttention(
        heads,
        new GroupNorm(scope.child("norm"), channels, eps),
        Conv2d.same(scope.child("qkv").stacked(3), channels, 3L * channels, 1),
        Conv2d.zero(scope.child("output"), channels, channels, 1));
  }

  /**
   * One head, with Glorot's initial weights.
   *
   * @param eps of the norm
   * @param in scale of the projection's weights
   * @param out scale of the last layer's weights
   */
  static SpatialAttention xavier(Scope scope, int channels, double eps, double in, double out) {
    return new SpatialAttention(
        1,
        new GroupNorm(scope.child("norm"), channels, eps),
        Conv2d.xavier(scope.child("qkv").stacked(3), channels, 3L * channels, 1, in),
        Conv2d.xavier(scope.child("output"), channels, channels, 1, out));
  }

  /**
   * As {@link #of}, with PyTorch's initial biases of the projection too.
   *
   * @param eps of the norm
   */
  static SpatialAttention uniform(Scope scope, int channels, int heads, double eps) {
    return new SpatialAttention(
        heads,
        new GroupNorm(scope.child("norm"), channels, eps),
        Conv2d.uniform(scope.child("qkv").stacked(3), channels, 3L * channels, 1),
        Conv2d.zero(scope.child("output"), channels, channels, 1));
  }

  /** {@code x [N, channels, H, W]}, and so the result. */
  public Tensor apply(Tensor x) {
    return x.add(residual(x));
  }

  /** What {@link #apply} adds to {@code x}. */
  Tensor residual(Tensor x) {
    long n = x.dim(0);
    long c = x.dim(1);
    long pixels = x.dim(2) * x.dim(3);
    // Pixel by pixel, as channels-last pictures lie: there this copies nothing.
    List<Tensor> qkv =
        project.apply(norm.apply(x)).permute(0, 2, 3, 1).reshape(n, pixels, 3 * c).chunk(2, 3);
    Tensor attended = heads(qkv.get(0)).attention(heads(qkv.get(1)), heads(qkv.get(2)), false);
    return output.apply(
        attended.permute(0, 2, 1, 3).reshape(n, x.dim(2), x.dim(3), c).permute(0, 3, 1, 2));
  }

  /** {@code [N, pixels, channels] -> [N, heads, pixels, channels / heads]}. */
  private Tensor heads(Tensor x) {
    return x.reshape(x.dim(0), x.dim(1), heads, x.dim(2) / heads).permute(0, 2, 1, 3);
  }
}
