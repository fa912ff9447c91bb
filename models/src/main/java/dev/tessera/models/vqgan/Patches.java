package dev.tessera.models.vqgan;

import dev.tessera.models.graph.Tensor;

/** Squares of pixels as channels, so that no layer works at full size. */
final class Patches {

  private Patches() {}

  /** {@code [N, C, H, W] -> [N, C p p, H/p, W/p]}. */
  static Tensor fold(Tensor x, int p) {
    if (p == 1) {
      return x;
    }
    return x.reshape(x.dim(0), x.dim(1), x.dim(2) / p, p, x.dim(3) / p, p)
        .permute(0, 1, 3, 5, 2, 4)
        .reshape(x.dim(0), x.dim(1) * p * p, x.dim(2) / p, x.dim(3) / p);
  }

  /** The inverse of {@link #fold}. */
  static Tensor unfold(Tensor x, int p) {
    if (p == 1) {
      return x;
    }
    long channels = x.dim(1) / ((long) p * p);
    return x.reshape(x.dim(0), channels, p, p, x.dim(2), x.dim(3))
        .permute(0, 1, 4, 2, 5, 3)
        .reshape(x.dim(0), channels, x.dim(2) * p, x.dim(3) * p);
  }
}
