package dev.tessera.models.nn;

import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.Tensor;
import dev.tessera.models.graph.Trace;
import java.util.List;

/**
 * Operations that keep the expected square of independent operands of mean square 1 (Karras et al.
 * 2024, appendix B). Results have the operands' type.
 */
final class Magnitude {

  /** The root mean square of SiLU of a standard normal number. */
  private static final double SILU = 0.596;

  private Magnitude() {}

  static Tensor silu(Tensor x) {
    return x.silu().mul(1 / SILU);
  }

  /** {@code x (1 - t) + y t} over its norm. */
  static Tensor sum(Tensor x, Tensor y, double t) {
    double size = Math.hypot(1 - t, t);
    return x.mul((1 - t) / size).add(y.mul(t / size));
  }

  /** Features of both, each part as strong as its share {@code 1 - t} and t says. */
  static Tensor cat(Tensor x, Tensor y, double t) {
    double a = x.dim(1);
    double b = y.dim(1);
    double size = Math.sqrt((a + b) / ((1 - t) * (1 - t) + t * t));
    return Tensor.cat(
        1, List.of(x.mul(size / Math.sqrt(a) * (1 - t)), y.mul(size / Math.sqrt(b) * t)));
  }

  /** Divided by the root mean square along {@code dim}. */
  static Tensor normalized(Tensor x, int dim) {
    Tensor value = x.master();
    return value.div(value.rootMeanSquare(dim).add(UnitWeight.EPS)).cast(x.type().dtype());
  }

  /**
   * {@code sqrt(2) cos(2 pi (f x + phase))} of {@code x [N]} at normal frequencies f and uniform
   * phases, drawn once for all: {@code [N, features]}.
   */
  static Tensor fourier(Tensor x, int features) {
    Trace trace = x.trace();
    Tensor frequency = trace.fixedNormal(1, Shape.of(features)).mul(2 * Math.PI);
    Tensor phase = trace.fixedUniform(2, Shape.of(features)).mul(2 * Math.PI);
    Tensor angle = x.master().reshape(Shape.of(x.dim(0), 1)).mul(frequency).add(phase);
    return angle.cos().mul(Math.sqrt(2));
  }
}
