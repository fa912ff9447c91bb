package dev.tessera.models.evaluation;

import java.io.Serializable;
import java.math.BigDecimal;
import java.util.Arrays;

/**
 * A sum of doubles without rounding, so that it does not depend on the order of its terms, and a
 * metric not on how images were partitioned. Terms are kept as non-overlapping partial sums
 * (Shewchuk, Adaptive Precision Floating-Point Arithmetic, 1997); their number stays small.
 */
final class ExactSum implements Serializable {

  private double[] partials = new double[4];
  private int count;
  private double notFinite;

  void add(double term) {
    if (!Double.isFinite(term)) {
      notFinite += term;
      return;
    }
    double x = term;
    int kept = 0;
    for (int i = 0; i < count; i++) {
      double y = partials[i];
      double sum = x + y;
      double error = Math.abs(x) < Math.abs(y) ? x - (sum - y) : y - (sum - x);
      if (error != 0) {
        partials[kept++] = error;
      }
      x = sum;
    }
    if (kept == partials.length) {
      partials = Arrays.copyOf(partials, 2 * kept);
    }
    partials[kept] = x;
    count = kept + 1;
  }

  void add(ExactSum other) {
    double[] terms = Arrays.copyOf(other.partials, other.count);
    for (double term : terms) {
      add(term);
    }
    notFinite += other.notFinite;
  }

  /** The sum, rounded once; what float arithmetic gives if a term was infinite or NaN. */
  double value() {
    if (notFinite != 0) {
      return notFinite;
    }
    BigDecimal sum = BigDecimal.ZERO;
    for (int i = 0; i < count; i++) {
      sum = sum.add(new BigDecimal(partials[i]));
    }
    return sum.doubleValue();
  }
}
