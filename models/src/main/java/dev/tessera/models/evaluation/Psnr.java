package dev.tessera.models.evaluation;

import java.io.Serializable;

/**
 * Peak signal-to-noise ratio in dB, {@code 10 log10(range^2 / MSE)}, with the squared error pooled
 * over all values of all images: a bound below the mean of the images' own ratios, and finite as
 * soon as one value differs.
 */
public final class Psnr implements Serializable {

  private static final long serialVersionUID = 1L;

  private final double range;
  private final ExactSum squaredError = new ExactSum();
  private long values;

  /**
   * @param range greatest value less the least: 2 for pixels in [-1, 1], 255 for bytes
   */
  public Psnr(double range) {
    Checks.positive("range", range);
    this.range = range;
  }

  /** Adds values of an image or of several; both arrays have one layout. */
  public void accumulate(float[] reference, float[] image) {
    Checks.sameLength("image", image.length, reference.length);
    double sum = 0;
    for (int i = 0; i < image.length; i++) {
      double difference = (double) reference[i] - image[i];
      sum += difference * difference;
    }
    squaredError.add(sum);
    values += image.length;
  }

  public void merge(Psnr other) {
    squaredError.add(other.squaredError);
    values += other.values;
  }

  /** Decibels; infinite for identical images, NaN before the first. */
  public double result() {
    return 10 * Math.log10(range * range / (squaredError.value() / values));
  }
}
