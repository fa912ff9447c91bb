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
import java.util.SplittableRandom;

/**
 * The kernel distance KID (Binkowski, Sutherland, Arbel, Gretton, Demystifying MMD GANs, 2018): the
 * unbiased squared maximum mean discrepancy under the kernel {@code (x y / d + 1)^3}, as the mean
 * over random subsets. Unlike the Frechet distance it has no bias in the number of pictures; it may
 * be a little below 0.
 */
public final class KernelDistance {

  private KernelDistance() {}

  /**
   * The mean over subsets and their standard deviation. Subsets are drawn without replacement, of
   * {@code size} vectors or of the smaller set's number if that is less; if both sets are no larger
   * than that, the only subset is all.
   *
   * @param a {@code [n, d]}
   * @param b {@code [m, d]}
   * @param d dimensions of a vector
   */
  public static Estimate between(
      TorchRuntime runtime, float[] a, float[] b, int d, Metric.Kernel settings) {
    int n = Checks.images("first", a.length, d);
    int m = Checks.images("second", b.length, d);
    int size = Math.min(settings.size(), Math.min(n, m));
    if (size < 2) {
      throw new IllegalArgumentException(
          "pictures: " + Math.min(n, m) + " (expected: 2 or more in each set)");
    }
    int subsets = size == n && size == m ? 1 : settings.subsets();
    double[] values = new double[subsets];
    SplittableRandom random = new SplittableRandom(settings.seed());
    try (Executable program = runtime.load(program(size, d));
        NativeTensor x = runtime.zeros(DType.FLOAT32, Shape.of(size, d));
        NativeTensor y = runtime.zeros(DType.FLOAT32, Shape.of(size, d))) {
      for (int i = 0; i < subsets; i++) {
        x.set(subset(a, n, size, d, random));
        y.set(subset(b, m, size, d, random));
        try (Results results = program.run(x, y)) {
          values[i] = results.get(0).toDoubles()[0];
        }
      }
    }
    return Estimate.of(values);
  }

  /** The first steps of Fisher and Yates's shuffle. */
  private static float[] subset(float[] set, int n, int size, int d, SplittableRandom random) {
    int[] rows = new int[n];
    for (int i = 0; i < n; i++) {
      rows[i] = i;
    }
    float[] chosen = new float[size * d];
    for (int i = 0; i < size; i++) {
      int other = i + random.nextInt(n - i);
      int row = rows[other];
      rows[other] = rows[i];
      System.arraycopy(set, row * d, chosen, i * d, d);
    }
    return chosen;
  }

  private static Program program(int size, int d) {
    Trace trace = new Trace("kernel", Precision.FP64);
    Tensor first = trace.input("first", DType.FLOAT32, Shape.of(size, d));
    Tensor second = trace.input("second", DType.FLOAT32, Shape.of(size, d));
    Tensor x = first.cast(DType.FLOAT64);
    Tensor y = second.cast(DType.FLOAT64);
    Tensor cross = kernel(x.matmul(y.transpose(0, 1)), d).sumAll().mul(2.0 / size / size);
    return trace.finish(within(x, size, d).add(within(y, size, d)).sub(cross));
  }

  /** The mean kernel of two different vectors of one set. */
  private static Tensor within(Tensor x, int size, int d) {
    Tensor all = kernel(x.matmul(x.transpose(0, 1)), d).sumAll();
    Tensor same = kernel(x.square().sum(1), d).sumAll();
    return all.sub(same).mul(1.0 / size / (size - 1));
  }

  private static Tensor kernel(Tensor products, int d) {
    return products.mul(1.0 / d).add(1).pow(3);
  }
}
