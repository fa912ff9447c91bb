package dev.tessera.datasets.image;

import java.util.Arrays;

/**
 * One axis of a resize as a sparse matrix: target pixel i is the sum over j of {@code weights[i][j]
 * * source[first[i] + j]}. Each row sums to exactly one unit, so that constants stay constant.
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared or hashed.
record ResizeWeights(int[] first, int[][] weights) {

  /** Fixed point: 22 bits leave room for 8-bit values and overshoot in an int accumulator. */
  static final int BITS = 22;

  static ResizeWeights of(int source, int target, ResizeFilter filter) {
    double scale = (double) source / target;
    double stretch = Math.max(1, scale);
    double radius = filter.radius() * stretch;
    int[] first = new int[target];
    int[][] weights = new int[target][];
    for (int i = 0; i < target; i++) {
      double centre = (i + 0.5) * scale;
      // Pillow's window and order of operations: at the edges of a box the last bit decides.
      int from = (int) Math.max(0, centre - radius + 0.5);
      int to = (int) Math.min(source, centre + radius + 0.5);
      double[] row = new double[to - from];
      for (int j = 0; j < row.length; j++) {
        row[j] = filter.weight((j + from - centre + 0.5) * (1 / stretch));
      }
      first[i] = from;
      weights[i] = fixedPoint(row);
    }
    return new ResizeWeights(first, weights);
  }

  /** Normalises and rounds; what rounding leaves over goes to the largest weight. */
  private static int[] fixedPoint(double[] row) {
    double sum = Arrays.stream(row).sum();
    int[] fixed = new int[row.length];
    int rest = 1 << BITS;
    int largest = 0;
    for (int j = 0; j < row.length; j++) {
      fixed[j] = (int) Math.round(row[j] / sum * (1 << BITS));
      rest -= fixed[j];
      if (fixed[j] > fixed[largest]) {
        largest = j;
      }
    }
    fixed[largest] += rest;
    return fixed;
  }
}
