package dev.tessera.models.evaluation;

import java.io.Serializable;

/**
 * Number, mean and scatter {@code sum (x - mean)(x - mean)^T} of feature vectors, in float64. Parts
 * are merged by the pairwise update of Chan, Golub and LeVeque (Updating Formulae and a Pairwise
 * Algorithm for Computing Sample Variances, 1979), which loses nothing to large means.
 */
public final class FeatureMoments implements Serializable {

  private static final long serialVersionUID = 1L;

  private final double[] mean;

  /** The upper triangle, row by row: half of what executors send. */
  private final double[] scatter;

  private long count;

  private FeatureMoments(long count, double[] mean, double[] scatter) {
    this.count = count;
    this.mean = mean;
    this.scatter = scatter;
  }

  /**
   * Of no vectors yet.
   *
   * @param dimensions of a vector
   */
  public FeatureMoments(int dimensions) {
    this(0, new double[dimensions], new double[packed(dimensions)]);
    Checks.positive("dimensions", dimensions);
  }

  /**
   * Of {@code count} vectors with scatter {@code [d, d]}, whose upper triangle is read.
   *
   * @param mean {@code [d]}
   */
  static FeatureMoments ofScatter(long count, double[] mean, double[] scatter) {
    int d = mean.length;
    Checks.sameLength("scatter", scatter.length, (long) d * d);
    double[] upper = new double[packed(d)];
    int at = 0;
    for (int i = 0; i < d; i++) {
      System.arraycopy(scatter, i * d + i, upper, at, d - i);
      at += d - i;
    }
    return new FeatureMoments(count, mean.clone(), upper);
  }

  /**
   * What has been computed before.
   *
   * @param count of vectors, 2 or more
   * @param mean {@code [d]}
   * @param covariance {@code [d, d]}, unbiased
   */
  public static FeatureMoments of(long count, double[] mean, double[] covariance) {
    if (count < 2) {
      throw new IllegalArgumentException("count: " + count + " (expected: 2 or more)");
    }
    FeatureMoments moments = ofScatter(count, mean, covariance);
    for (int i = 0; i < moments.scatter.length; i++) {
      moments.scatter[i] *= count - 1;
    }
    return moments;
  }

  private static int packed(int dimensions) {
    return Math.toIntExact((long) dimensions * (dimensions + 1) / 2);
  }

  public long count() {
    return count;
  }

  public int dimensions() {
    return mean.length;
  }

  /** {@code [d]}, copied. */
  public double[] mean() {
    return mean.clone();
  }

  /** Adds vectors seen elsewhere. */
  public void merge(FeatureMoments other) {
    Checks.sameLength("other", other.mean.length, mean.length);
    if (other.count == 0) {
      return;
    }
    long total = count + other.count;
    double share = (double) other.count / total;
    double weight = count * share;
    double[] delta = new double[mean.length];
    for (int i = 0; i < delta.length; i++) {
      delta[i] = other.mean[i] - mean[i];
      mean[i] += delta[i] * share;
    }
    int at = 0;
    for (int i = 0; i < delta.length; i++) {
      double scaled = weight * delta[i];
      for (int j = i; j < delta.length; j++, at++) {
        scatter[at] += other.scatter[at] + scaled * delta[j];
      }
    }
    count = total;
  }

  /** The unbiased covariance, {@code [d, d]}: the scatter over {@code count - 1}. */
  public double[] covariance() {
    if (count < 2) {
      throw new IllegalArgumentException(
          "pictures: " + count + " (expected: 2 or more for a covariance)");
    }
    int d = mean.length;
    double[] full = new double[Math.multiplyExact(d, d)];
    int at = 0;
    for (int i = 0; i < d; i++) {
      for (int j = i; j < d; j++, at++) {
        double value = scatter[at] / (count - 1);
        full[i * d + j] = value;
        full[j * d + i] = value;
      }
    }
    return full;
  }
}
