package dev.tessera.models.evaluation;

import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Precision;
import dev.tessera.models.graph.Program;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.Tensor;
import dev.tessera.models.graph.Trace;
import dev.tessera.models.runtime.Executable;
import dev.tessera.models.runtime.NativeTensor;
import dev.tessera.models.runtime.Results;
import dev.tessera.models.runtime.TorchRuntime;
import java.nio.DoubleBuffer;
import java.util.Arrays;
import java.util.List;

/**
 * Precision and recall of generated pictures (Kynkaanniemi, Karras, Laine, Lehtinen, Aila, Improved
 * Precision and Recall Metric, 2019). A set's manifold is the union of the balls around its
 * vectors, each reaching to its k-th nearest other vector. Precision is the share of generated
 * vectors within the real ones' manifold, recall the share of real ones within the generated ones'.
 * Distances are computed tile by tile by libtorch in float64.
 */
public final class Manifolds implements AutoCloseable {

  /**
   * Both shares.
   *
   * @param precision of generated vectors within the real ones' manifold
   * @param recall of real vectors within the generated ones' manifold
   */
  public record Shares(double precision, double recall) {}

  private static final int TILE = 512;

  /** Rounding of a squared distance that is computed from scalar products, of the norms. */
  private static final double ROUNDING = 1e-13;

  private final int dimensions;
  private final Executable program;
  private final NativeTensor centre;
  private final NativeTensor left;
  private final NativeTensor right;

  private Manifolds(TorchRuntime runtime, int dimensions, double[] mean) {
    this.dimensions = dimensions;
    program = runtime.load(program(dimensions));
    centre = runtime.zeros(DType.FLOAT64, Shape.of(1, dimensions));
    left = runtime.zeros(DType.FLOAT32, Shape.of(TILE, dimensions));
    right = runtime.zeros(DType.FLOAT32, Shape.of(TILE, dimensions));
    centre.set(mean);
  }

  /**
   * Compares two sets.
   *
   * @param real {@code [n, d]}
   * @param generated {@code [m, d]}
   * @param d dimensions of a vector
   * @param neighbours the k of the balls; both sets have more vectors than that
   */
  public static Shares between(
      TorchRuntime runtime, float[] real, float[] generated, int d, int neighbours) {
    int n = Checks.images("real", real.length, d);
    int m = Checks.images("generated", generated.length, d);
    if (Math.min(n, m) <= neighbours) {
      throw new IllegalArgumentException(
          "pictures: "
              + Math.min(n, m)
              + " (expected: more than the "
              + neighbours
              + " neighbours in each set)");
    }
    try (Manifolds manifolds = new Manifolds(runtime, d, mean(real, n, d))) {
      double[] realRadii = manifolds.radii(real, n, neighbours);
      double[] generatedRadii = manifolds.radii(generated, m, neighbours);
      double precision = manifolds.inside(generated, m, real, realRadii);
      return new Shares(precision, manifolds.inside(real, n, generated, generatedRadii));
    }
  }

  private static double[] mean(float[] set, int n, int d) {
    double[] mean = new double[d];
    for (int i = 0; i < set.length; i++) {
      mean[i % d] += set[i];
    }
    return Arrays.stream(mean).map(sum -> sum / n).toArray();
  }

  /**
   * Squared distances of two tiles, and of them how far rounding may move them: {@code [T, T]} each
   * row's and column's squared norm is measured from a common centre, so that it stays small.
   */
  private static Program program(int d) {
    Trace trace = new Trace("distances", Precision.FP64);
    Tensor centre = trace.input("centre", DType.FLOAT64, Shape.of(1, d));
    Tensor left = trace.input("left", DType.FLOAT32, Shape.of(TILE, d));
    Tensor right = trace.input("right", DType.FLOAT32, Shape.of(TILE, d));
    Tensor a = left.cast(DType.FLOAT64).sub(centre);
    Tensor b = right.cast(DType.FLOAT64).sub(centre);
    Tensor norms = a.square().sum(1).add(b.square().sum(1).transpose(0, 1));
    Tensor squared = norms.sub(a.matmul(b.transpose(0, 1)).mul(2));
    // What is within rounding of 0 is 0: a vector is at no distance from its equal.
    Tensor significant = squared.greater(norms.mul(ROUNDING));
    return trace.finish(significant.where(squared, squared.mul(0)));
  }

  /** Squared radius of each vector's ball. */
  private double[] radii(float[] set, int n, int neighbours) {
    // The nearest is the vector itself.
    double[][] nearest = new double[n][neighbours + 1];
    for (double[] row : nearest) {
      Arrays.fill(row, Double.POSITIVE_INFINITY);
    }
    tiles(set, n, set, n, (i, j, squared) -> keep(nearest[i], squared));
    return Arrays.stream(nearest).mapToDouble(row -> row[neighbours]).toArray();
  }

  /** Inserts into a rising list and drops its last. */
  private static void keep(double[] least, double value) {
    int at = least.length - 1;
    if (value >= least[at]) {
      return;
    }
    while (at > 0 && least[at - 1] > value) {
      least[at] = least[at - 1];
      at--;
    }
    least[at] = value;
  }

  /** The share of {@code queries} within a ball. */
  private double inside(float[] queries, int n, float[] centres, double[] squaredRadii) {
    boolean[] found = new boolean[n];
    tiles(
        queries,
        n,
        centres,
        squaredRadii.length,
        (i, j, squared) -> found[i] |= squared <= squaredRadii[j]);
    int count = 0;
    for (boolean one : found) {
      count += one ? 1 : 0;
    }
    return (double) count / n;
  }

  private interface Pairs {
    void pair(int i, int j, double squared);
  }

  private void tiles(float[] a, int n, float[] b, int m, Pairs pairs) {
    for (int i = 0; i < n; i += TILE) {
      left.set(tile(a, i, n));
      for (int j = 0; j < m; j += TILE) {
        right.set(tile(b, j, m));
        try (Results results = program.run(centre, left, right)) {
          visit(results.get(0), i, Math.min(n, i + TILE), j, Math.min(m, j + TILE), pairs);
        }
      }
    }
  }

  private static void visit(
      NativeTensor distances, int fromI, int toI, int fromJ, int toJ, Pairs pairs) {
    DoubleBuffer squared = distances.hostMemory().asDoubleBuffer();
    double[] row = new double[TILE];
    for (int i = fromI; i < toI; i++) {
      squared.get((i - fromI) * TILE, row);
      for (int j = fromJ; j < toJ; j++) {
        pairs.pair(i, j, row[j - fromJ]);
      }
    }
  }

  private float[] tile(float[] set, int first, int count) {
    float[] rows = new float[TILE * dimensions];
    int taken = Math.min(TILE, count - first);
    System.arraycopy(set, first * dimensions, rows, 0, taken * dimensions);
    return rows;
  }

  @Override
  public void close() {
    program.close();
    List.of(centre, left, right).forEach(NativeTensor::close);
  }
}
