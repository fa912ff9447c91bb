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

  public LatentInfo {
    shape = List.copyOf(shape);
    if (shape.size() != 3 || shape.stream().anyMatch(n -> n < 1)) {
      throw new IllegalArgumentException(
          "shape: " + shape + " (expected: channels, rows, columns)");
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
