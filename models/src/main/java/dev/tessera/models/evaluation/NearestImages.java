package dev.tessera.models.evaluation;

import java.io.Serializable;
import java.util.Arrays;

/**
 * The nearest training picture of each generated one, by Euclidean distance between pixels: a
 * generator that repeats its training set has distances of zero. Differences are summed directly,
 * not through scalar products, so that equal pictures are at exactly zero.
 */
public final class NearestImages implements Serializable {

  private static final long serialVersionUID = 1L;
  private static final int TILE = 128;
  private static final int CHUNK = 128;

  private final int dimensions;
  private final float[] queries;
  private final long[] indices;
  private final double[] squared;

  /**
   * @param queries generated pictures, {@code [n][dimensions]}; not copied
   * @param dimensions values of an image
   */
  public NearestImages(float[] queries, int dimensions) {
    Checks.positive("dimensions", dimensions);
    this.queries = queries;
    this.dimensions = dimensions;
    int count = Checks.images("queries", queries.length, dimensions);
    this.indices = new long[count];
    this.squared = new double[count];
    Arrays.fill(indices, -1);
    Arrays.fill(squared, Double.POSITIVE_INFINITY);
  }

  /**
   * Compares with training pictures {@code [m][dimensions]}.
   *
   * @param firstIndex the first one's number
   */
  public void accumulate(float[] training, long firstIndex) {
    int count = Checks.images("training", training.length, dimensions);
    float[] tile = new float[Math.multiplyExact(dimensions, TILE)];
    double[] sums = new double[TILE];
    for (int first = 0; first < count; first += TILE) {
      int columns = Math.min(TILE, count - first);
      transpose(training, first, columns, tile);
      for (int q = 0; q < indices.length; q++) {
        compare(q, tile, sums, columns, firstIndex + first);
      }
    }
  }

  /** Takes the nearer pictures of another search of the same queries; of equals the lower index. */
  public void merge(NearestImages other) {
    Checks.sameLength("other", other.queries.length, queries.length);
    for (int q = 0; q < indices.length; q++) {
      if (other.indices[q] >= 0) {
        offer(q, other.indices[q], other.squared[q]);
      }
    }
  }

  /** The nearest picture's number for each query, -1 before the first comparison. */
  public long[] indices() {
    return indices.clone();
  }

  /** The Euclidean distance to it. */
  public double[] distances() {
    return Arrays.stream(squared).map(Math::sqrt).toArray();
  }

  /** The fraction of queries whose nearest picture is farther than {@code distance}. */
  public double fractionFartherThan(double distance) {
    return Arrays.stream(distances()).filter(d -> d > distance).count() / (double) indices.length;
  }

  /** Sums for a tile of pictures at once; gives up when all are farther than the nearest so far. */
  private void compare(int query, float[] tile, double[] sums, int columns, long firstIndex) {
    Arrays.fill(sums, 0);
    for (int from = 0; from < dimensions; from += CHUNK) {
      int to = Math.min(dimensions, from + CHUNK);
      for (int d = from; d < to; d++) {
        addSquares(sums, tile, d * TILE, queries[query * dimensions + d]);
      }
      if (to < dimensions && leastOf(sums, columns) > squared[query]) {
        return;
      }
    }
    for (int j = 0; j < columns; j++) {
      offer(query, firstIndex + j, sums[j]);
    }
  }

  private static void addSquares(double[] sums, float[] tile, int at, double value) {
    for (int j = 0; j < TILE; j++) {
      double difference = tile[at + j] - value;
      sums[j] += difference * difference;
    }
  }

  private static double leastOf(double[] sums, int columns) {
    double least = Double.POSITIVE_INFINITY;
    for (int j = 0; j < columns; j++) {
      least = Math.min(least, sums[j]);
    }
    return least;
  }

  private void offer(int query, long index, double distance) {
    if (distance < squared[query] || (distance == squared[query] && index < indices[query])) {
      squared[query] = distance;
      indices[query] = index;
    }
  }

  private void transpose(float[] training, int first, int columns, float[] tile) {
    for (int j = 0; j < columns; j++) {
      int at = (first + j) * dimensions;
      for (int d = 0; d < dimensions; d++) {
        tile[d * TILE + j] = training[at + d];
      }
    }
  }
}
