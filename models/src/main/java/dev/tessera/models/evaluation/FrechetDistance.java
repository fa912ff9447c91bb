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
import java.util.List;

/**
 * The squared Frechet (Wasserstein-2) distance of the Gaussians with two sets' moments (Heusel,
 * Ramsauer, Unterthiner, Nessler, Hochreiter, GANs Trained by a Two Time-Scale Update Rule, 2017):
 * {@code |m1 - m2|^2 + tr(S1 + S2 - 2 (S1^1/2 S2 S1^1/2)^1/2)}. The root's argument is symmetric,
 * so its eigenvalues are real and no general matrix root is needed, nor a small diagonal added.
 */
public final class FrechetDistance {

  private FrechetDistance() {}

  /**
   * The distance; 0 or more.
   *
   * @throws IllegalArgumentException if the dimensions differ or a set has fewer than 2 vectors
   */
  public static double between(TorchRuntime runtime, FeatureMoments a, FeatureMoments b) {
    Checks.sameLength("features", b.dimensions(), a.dimensions());
    double[] first = a.covariance();
    double[] second = b.covariance();
    double cross = rootTrace(runtime, first, second, a.dimensions());
    double[] ma = a.mean();
    double[] mb = b.mean();
    double distance = trace(first, ma.length) + trace(second, ma.length) - 2 * cross;
    for (int i = 0; i < ma.length; i++) {
      distance += (ma[i] - mb[i]) * (ma[i] - mb[i]);
    }
    // Equal sets end a rounding below.
    return Math.max(0, distance);
  }

  private static double trace(double[] matrix, int d) {
    double sum = 0;
    for (int i = 0; i < d; i++) {
      sum += matrix[i * d + i];
    }
    return sum;
  }

  private static double rootTrace(TorchRuntime runtime, double[] a, double[] b, int d) {
    try (Executable program = runtime.load(program(d));
        NativeTensor first = runtime.zeros(DType.FLOAT64, Shape.of(d, d));
        NativeTensor second = runtime.zeros(DType.FLOAT64, Shape.of(d, d))) {
      first.set(a);
      second.set(b);
      try (Results results = program.run(first, second)) {
        return results.get(0).toDoubles()[0];
      }
    }
  }

  /** {@code tr (A^1/2 B A^1/2)^1/2}. */
  private static Program program(int d) {
    Trace trace = new Trace("frechet", Precision.FP64);
    Tensor a = trace.input("first", DType.FLOAT64, Shape.of(d, d));
    Tensor b = trace.input("second", DType.FLOAT64, Shape.of(d, d));
    List<Tensor> eigen = a.eigh();
    Tensor vectors = eigen.get(1);
    Tensor root = vectors.mul(roots(eigen.get(0)).reshape(1, d)).matmul(vectors.transpose(0, 1));
    Tensor product = root.matmul(b).matmul(root);
    Tensor symmetric = product.add(product.transpose(0, 1)).mul(0.5);
    return trace.finish(roots(symmetric.eigenvalues()).sumAll());
  }

  /** Roots of eigenvalues that are 0 or more but for rounding. */
  private static Tensor roots(Tensor values) {
    return values.clamp(0, Double.POSITIVE_INFINITY).sqrt();
  }
}
