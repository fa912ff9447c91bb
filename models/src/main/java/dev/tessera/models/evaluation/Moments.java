package dev.tessera.models.evaluation;

import java.io.Serializable;

/** Mean and standard deviation of numbers, the same bits however the numbers were partitioned. */
public final class Moments implements Serializable {

  private static final long serialVersionUID = 1L;

  private final ExactSum sum = new ExactSum();
  private final ExactSum squares = new ExactSum();
  private long count;

  /** Adds the first {@code n} of {@code values}. */
  public void accumulate(float[] values, int n) {
    double part = 0;
    double square = 0;
    for (int i = 0; i < n; i++) {
      part += values[i];
      square += (double) values[i] * values[i];
    }
    sum.add(part);
    squares.add(square);
    count += n;
  }

  public void merge(Moments other) {
    sum.add(other.sum);
    squares.add(other.squares);
    count += other.count;
  }

  /** The mean; NaN of no numbers. */
  public double mean() {
    return sum.value() / count;
  }

  /** The standard deviation of the whole, not of a sample. */
  public double deviation() {
    double mean = mean();
    return Math.sqrt(Math.max(0, squares.value() / count - mean * mean));
  }
}
