package dev.tessera.models.nn;

import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.Tensor;
import dev.tessera.models.graph.Trace;

/** How maps of features {@code [N, C, H, W]} are halved and doubled. */
enum Resampling {
  /** The mean of four pixels becomes one, and one pixel four: the filter [1, 1]. */
  BOX {
    @Override
    Tensor halved(Tensor x) {
      return x.avgPool(2);
    }

    @Override
    Tensor doubled(Tensor x) {
      return x.upsampleNearest(2);
    }
  },

  /**
   * The filter [1, 3, 3, 1] of Song et al. 2021, which is [1, 2, 1] and [1, 1] one after the other;
   * zeros around.
   */
  BINOMIAL {
    @Override
    Tensor halved(Tensor x) {
      return smoothed(x, 1).avgPool(2);
    }

    @Override
    Tensor doubled(Tensor x) {
      return smoothed(x.upsampleNearest(2), 1);
    }
  };

  abstract Tensor halved(Tensor x);

  abstract Tensor doubled(Tensor x);

  /** A constant map keeps its value under both, so that a bias may be added before or after. */
  boolean keepsConstants() {
    return this == BOX;
  }

  /** Halves what has one more pixel on each side, by [1, 3, 3, 1] without zeros around. */
  static Tensor halvedWithin(Tensor x) {
    return smoothed(x, 0).avgPool(2);
  }

  /** By [1, 2, 1] / 4 along both sides. */
  private static Tensor smoothed(Tensor x, int padding) {
    Trace trace = x.trace();
    DType dtype = trace.precision().master();
    Tensor line = trace.range(3, dtype).add(-1).abs().neg().add(2).mul(0.25);
    Tensor kernel = line.reshape(3, 1).mul(line.reshape(1, 3)).reshape(1, 1, 3, 3);
    return x.depthwise(kernel.expand(Shape.of(x.dim(1), 1, 3, 3)), padding);
  }
}
