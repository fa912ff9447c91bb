package dev.tessera.models.evaluation;

import java.io.Serializable;

/**
 * Peak signal-to-noise ratio in dB, {@code 10 log10(range^2 / MSE)}, with the squared error pooled
 * over all values of all images: a bound below the mean of the images' own ratios, and finite as
 * soon as one value differs.
 */
public final class Psnr implements Serializable {

  private static final long serialVersionUID = 1L;

  private final int dimensions;
  private final double range;
  private final ExactSum squaredError = new ExactSum();
  private long images;

  /**
   * @param dimensions values of an image
   * @param range greatest value less the least: 2 for pixels in [-1, 1], 255 for bytes
   */
  public Psnr(int dimensions, double range) {
    Checks.positive("dimensions", dimensions);
    Checks.positive("range", range);
    this.dimensions = dimensions;
    this.range = range;
  }

  /** Adds images: both arrays {@code [n][dimensions]}, any n. */
  public void accumulate(float[] reference, float[] image) {
    Checks.sameLength("image", image.length, reference.length);
    int count = Checks.images("image", image.length, dimensions);
    for (int i = 0; i < count; i++) {
      double sum = 0;
      for (int d = i * dimensions; d < (i + 1) * dimensions; d++) {
        double difference = (double) reference[d] - image[d];
        sum += difference * difference;
      }
      squaredError.add(sum);
    }
    images += count;
  }

  public void merge(Psnr other) {
    squaredError.add(other.squaredError);
    images += other.images;
  }

  /** Decibels; infinite for identical images, NaN before the first. */
  public double result() {
    return 10 * Math.log10(range * range / (squaredError.value() / ((double) images * dimensions)));
  }
}
