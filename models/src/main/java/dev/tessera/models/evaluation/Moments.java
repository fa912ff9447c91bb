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
    // A square of a float is exact in double, a sum of many is not.
    for (int i = 0; i < n; i++) {
      sum.add(values[i]);
      squares.add((double) values[i] * values[i]);
    }
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
