package dev.tessera.models.train;

import dev.tessera.models.graph.Tensor;
import java.util.ArrayList;
import java.util.List;

/** Clipping of a gradient by its norm (Pascanu et al. 2013), as a divisor of it. */
final class Clip {

  /** Added to the norm, as PyTorch's {@code clip_grad_norm_} does. */
  private static final double EPS = 1e-6;

  private static final long ROW = 1024;

  private Clip() {}

  /**
   * What the gradient is divided by: clipping and the loss's scale in one.
   *
   * @param greatest norm; 0 for no clipping
   * @return without dimensions; null where nothing is divided
   */
  static Tensor divisor(Unscaled unscaled, double greatest) {
    Tensor scale = unscaled.scaled().map(Unscaled.Scaled::scale).orElse(null);
    if (greatest == 0) {
      return scale;
    }
    Tensor clip = unscaled.norm().add(EPS).mul(1 / greatest).clamp(1, Double.POSITIVE_INFINITY);
    return scale == null ? clip : clip.mul(scale);
  }

  /**
   * The L2 norm of a vector {@code [n]}: of rows, then of their norms. One pass without a copy, and
   * float32 sums of a thousand terms rather than of millions.
   */
  static Tensor norm(Tensor vector) {
    long rows = vector.dim(0) / ROW;
    List<Tensor> parts = new ArrayList<>();
    if (rows > 0) {
      parts.add(vector.narrow(0, 0, rows * ROW).reshape(rows, ROW).norm(1).reshape(rows));
    }
    if (vector.dim(0) > rows * ROW) {
      parts.add(vector.narrow(0, rows * ROW, vector.dim(0) - rows * ROW).norm(0));
    }
    return Tensor.cat(0, parts).norm(0).reshape();
  }
}
