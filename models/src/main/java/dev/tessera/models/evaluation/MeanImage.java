package dev.tessera.models.evaluation;

import java.io.Serializable;

/** The mean of a set of images: the reconstruction that every tokenizer must beat. */
public final class MeanImage implements Serializable {

  private static final long serialVersionUID = 1L;

  private final double[] sums;
  private long images;

  /**
   * @param dimensions values of an image
   */
  public MeanImage(int dimensions) {
    Checks.positive("dimensions", dimensions);
    this.sums = new double[dimensions];
  }

  /** Adds images {@code [n][dimensions]}. */
  public void accumulate(float[] batch) {
    int count = Checks.images("batch", batch.length, sums.length);
    for (int i = 0; i < count; i++) {
      int at = i * sums.length;
      for (int d = 0; d < sums.length; d++) {
        sums[d] += batch[at + d];
      }
    }
    images += count;
  }

  public void merge(MeanImage other) {
    Checks.sameLength("other", other.sums.length, sums.length);
    for (int d = 0; d < sums.length; d++) {
      sums[d] += other.sums[d];
    }
    images += other.images;
  }

  public long images() {
    return images;
  }

  /** {@code [dimensions]}; NaN before the first image. */
  public double[] result() {
    double[] mean = new double[sums.length];
    for (int d = 0; d < mean.length; d++) {
      mean[d] = sums[d] / images;
    }
    return mean;
  }
}
