package dev.tessera.datasets.table;

import java.util.List;

/**
 * What the {@code latent} column of a table holds.
 *
 * @param shape channels, rows, columns
 * @param dtype {@code float16} or {@code float32}, little-endian
 * @param scale multiply by this for unit standard deviation
 * @param mean of all values of the training rows
 * @param std of all values of the training rows
 */
public record LatentInfo(List<Integer> shape, String dtype, double scale, double mean, double std) {

  private static final int MOST_ELEMENTS = 1 << 26;

  public LatentInfo {
    shape = List.copyOf(shape);
    if (shape.size() != 3 || shape.stream().anyMatch(n -> n < 1)) {
      throw new IllegalArgumentException(
          "shape: " + shape + " (expected: channels, rows, columns)");
    }
    if (shape.stream().mapToDouble(n -> n).reduce(1, (a, b) -> a * b) > MOST_ELEMENTS) {
      throw new IllegalArgumentException(
          "shape: " + shape + " (expected: at most " + MOST_ELEMENTS + " values)");
    }
    if (!(scale > 0) || !Double.isFinite(scale) || !Double.isFinite(mean)) {
      throw new IllegalArgumentException(
          "scale: " + scale + " at mean " + mean + " (expected: above 0, and both finite)");
    }
    if (!(std > 0) || !Double.isFinite(std)) {
      throw new IllegalArgumentException("std: " + std + " (expected: above 0 and finite)");
    }
    if (!dtype.equals("float16") && !dtype.equals("float32")) {
      throw new IllegalArgumentException("dtype: " + dtype + " (expected: float16 or float32)");
    }
  }

  /** Number of values of one latent. */
  public int elements() {
    return shape.stream().reduce(1, Math::multiplyExact);
  }

  /** Bytes of one latent. */
  public int bytes() {
    return elements() * (dtype.equals("float16") ? 2 : 4);
  }
}
