package dev.tessera.models.graph;

/**
 * What cuDNN takes for convolutions in float32 without tf32. Its kernels want pictures in another
 * order than channels-last and transform them: measured with cuDNN 9.19 on an H100, shape by shape
 * (docs/performance.md), kernels of 1 x 1 and of 3 x 3 without a stride; others are taken to need
 * the transformed pictures alone. For narrower types and tf32 it takes next to nothing.
 */
final class ExactConvolution {

  /** Bytes of the spectrum of 32 x 32 numbers. */
  private static final long SPECTRUM = 32 * 17 * 8;

  /** A spectrum covers so many results: 16 x 32. */
  private static final long TILE = 512;

  /**
   * Transforms of the weights pay from so many tiles of all pictures on, on sides of 16 or more.
   */
  private static final long LEAST_TILES = 64;

  private static final long LEAST_SIDE = 16;

  private ExactConvolution() {}

  /** Of {@code x [N, in, H, W]} with {@code w [out, in, k, k]} to {@code y}. */
  static long workSpace(TensorType x, TensorType w, TensorType y, boolean backward) {
    long pictures = x.bytes() + y.bytes();
    long weights = w.bytes();
    boolean single = w.shape().dim(2) == 1;
    boolean measured = w.shape().dim(2) == 3 && x.shape().dim(2) == y.shape().dim(2);
    if (!backward || !measured) {
      return pictures + (single ? 0 : weights);
    }
    // Reordered, and transformed from 4 x 4 results to the 6 x 6 numbers of Winograd's products.
    long byWeights = pictures + weights + pictures * 36 / 16 + 4 * weights;
    return Math.max(byWeights, pictures + weights + spectra(x.shape(), w.shape()));
  }

  private static long spectra(Shape x, Shape w) {
    long side = Math.min(x.dim(2), x.dim(3));
    long tiles = x.dim(0) * Math.max(1, x.dim(2) * x.dim(3) / TILE);
    if (tiles < LEAST_TILES || side < LEAST_SIDE) {
      return 0;
    }
    long channels = w.dim(0) + w.dim(1);
    return SPECTRUM * (w.dim(0) * w.dim(1) + tiles * channels);
  }
}
