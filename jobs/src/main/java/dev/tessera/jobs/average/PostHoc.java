package dev.tessera.jobs.average;

import dev.tessera.models.train.PowerProfile;
import java.util.Arrays;
import java.util.List;
import org.apache.commons.math3.linear.ArrayRealVector;
import org.apache.commons.math3.linear.LUDecomposition;
import org.apache.commons.math3.linear.MatrixUtils;
import org.apache.commons.math3.linear.RealMatrix;

/**
 * The sum of stored averages that comes nearest to another average, in the square of the difference
 * of their weights in time (Karras et al. 2024, section 3.2 and appendix C).
 */
final class PostHoc {

  /**
   * An average at a moment.
   *
   * @param images seen by then
   */
  record Average(long images, PowerProfile profile) {

    /** Of the weights in time, in units of {@code scale} images. */
    private double product(Average other, double scale) {
      return profile.product(images / scale, other.profile, other.images / scale);
    }
  }

  private PostHoc() {}

  /** A weight for each of {@code stored}, which must be different; their sum is 1. */
  static double[] weights(List<Average> stored, Average wanted) {
    double scale = wanted.images();
    int n = stored.size();
    RealMatrix products = MatrixUtils.createRealMatrix(n, n);
    double[] right = new double[n];
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        products.setEntry(i, j, stored.get(i).product(stored.get(j), scale));
      }
      right[i] = stored.get(i).product(wanted, scale);
    }
    // The products of many averages are nearly dependent; no pivot is called zero but zero.
    double[] solved =
        new LUDecomposition(products, Double.MIN_VALUE)
            .getSolver()
            .solve(new ArrayRealVector(right, false))
            .toArray();
    double sum = Arrays.stream(solved).sum();
    return Arrays.stream(solved).map(weight -> weight / sum).toArray();
  }
}
