package dev.tessera.models.evaluation;

import java.io.Serializable;
import java.util.Arrays;

/**
 * One set of flattened images seen through seeded random directions, and the sliced Wasserstein-1
 * distance (Bonneel, Rabin, Peyre, Pfister, Sliced and Radon Wasserstein Barycenters, 2015) to
 * another set seen through the same: the mean over directions of the exact W1 of the projections.
 * Directions are uniform on the unit sphere; two sets a constant vector v apart are about {@code
 * 0.8 |v| / sqrt(dimensions)} from each other.
 */
public final class SlicedWasserstein implements Serializable {

  private static final long serialVersionUID = 1L;
  private static final int ROWS = 4;

  private final int dimensions;
  private final int projections;
  private final long seed;
  private transient double[] directions;
  private double[] projected = new double[0];
  private int images;

  /**
   * @param dimensions values of an image
   * @param projections number of directions
   * @param seed chooses the directions; sets are comparable when all three agree
   */
  public SlicedWasserstein(int dimensions, int projections, long seed) {
    Checks.positive("dimensions", dimensions);
    Checks.positive("projections", projections);
    this.dimensions = dimensions;
    this.projections = projections;
    this.seed = seed;
  }

  /**
   * The distance between two sets of images, {@code [n][dimensions]} and {@code [m][dimensions]}.
   */
  public static double distance(float[] a, float[] b, int dimensions, int projections, long seed) {
    SlicedWasserstein first = new SlicedWasserstein(dimensions, projections, seed);
    SlicedWasserstein second = new SlicedWasserstein(dimensions, projections, seed);
    second.directions = first.directions();
    first.accumulate(a);
    second.accumulate(b);
    return first.distance(second);
  }

  /** Adds images {@code [n][dimensions]} to the set. */
  public void accumulate(float[] batch) {
    int count = Checks.images("batch", batch.length, dimensions);
    grow(count);
    double[] w = directions();
    double[] row = new double[ROWS * projections];
    for (int first = 0; first < count; first += ROWS) {
      int rows = Math.min(ROWS, count - first);
      Arrays.fill(row, 0);
      project(batch, first, rows, w, row);
      System.arraycopy(row, 0, projected, (images + first) * projections, rows * projections);
    }
    images += count;
  }

  public void merge(SlicedWasserstein other) {
    requireComparable(other);
    int count = other.images;
    grow(count);
    System.arraycopy(other.projected, 0, projected, images * projections, count * projections);
    images += count;
  }

  /** The distance to another set, in units of pixel values; 0 between identical sets. */
  public double distance(SlicedWasserstein other) {
    requireComparable(other);
    if (images == 0 || other.images == 0) {
      throw new IllegalArgumentException(
          "images: " + images + " and " + other.images + " (expected: 1 or more in each set)");
    }
    double sum = 0;
    for (int p = 0; p < projections; p++) {
      sum += Wasserstein.sorted(column(p), other.column(p));
    }
    return sum / projections;
  }

  /**
   * Four images share each load of a direction's coefficient; the inner loop runs over directions.
   */
  private void project(float[] batch, int first, int rows, double[] w, double[] out) {
    int q = projections;
    for (int d = 0; d < dimensions; d++) {
      double x0 = batch[first * dimensions + d];
      double x1 = rows > 1 ? batch[(first + 1) * dimensions + d] : 0;
      double x2 = rows > 2 ? batch[(first + 2) * dimensions + d] : 0;
      double x3 = rows > 3 ? batch[(first + 3) * dimensions + d] : 0;
      addOuter(out, w, d * q, q, x0, x1, x2, x3);
    }
  }

  private static void addOuter(
      double[] out, double[] w, int at, int q, double x0, double x1, double x2, double x3) {
    for (int p = 0; p < q; p++) {
      double c = w[at + p];
      out[p] += c * x0;
      out[q + p] += c * x1;
      out[2 * q + p] += c * x2;
      out[3 * q + p] += c * x3;
    }
  }

  /** Coefficients {@code [dimensions][projections]}. */
  private double[] directions() {
    if (directions == null) {
      directions = new double[Math.multiplyExact(dimensions, projections)];
      KeyedNormals normals = new KeyedNormals(seed);
      double[] direction = new double[dimensions];
      for (int p = 0; p < projections; p++) {
        normals.fill(p, direction);
        double norm = Math.sqrt(Arrays.stream(direction).map(v -> v * v).sum());
        for (int d = 0; d < dimensions; d++) {
          directions[d * projections + p] = direction[d] / norm;
        }
      }
    }
    return directions;
  }

  private double[] column(int projection) {
    double[] values = new double[images];
    for (int i = 0; i < images; i++) {
      values[i] = projected[i * projections + projection];
    }
    Arrays.sort(values);
    return values;
  }

  private void grow(int count) {
    int needed = Math.multiplyExact(Math.addExact(images, count), projections);
    if (needed > projected.length) {
      projected = Arrays.copyOf(projected, Math.max(needed, 2 * projected.length));
    }
  }

  private void requireComparable(SlicedWasserstein other) {
    if (dimensions != other.dimensions || projections != other.projections || seed != other.seed) {
      throw new IllegalArgumentException(
          "other: " + other.describe() + " (expected: " + describe() + ")");
    }
  }

  private String describe() {
    return dimensions + " dimensions, " + projections + " projections, seed " + seed;
  }
}
