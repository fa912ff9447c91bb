package dev.tessera.models.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.tessera.models.runtime.Libtorch;
import dev.tessera.models.runtime.Python;
import dev.tessera.models.runtime.TorchRuntime;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** 500 vectors by scipy's general matrix root and scikit-learn's kernels and neighbours. */
final class PythonMetricsTest {

  private static final int N = 500;
  private static final int D = 32;

  private static final String SCRIPT =
      """
      import sys
      import numpy as np
      from scipy import linalg
      from sklearn.metrics.pairwise import polynomial_kernel
      from sklearn.neighbors import NearestNeighbors

      a, b = (np.fromfile(f, dtype="<f4").reshape(-1, int(sys.argv[3])) for f in sys.argv[1:3])
      a, b = a.astype(np.float64), b.astype(np.float64)
      s, t = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
      m = a.mean(0) - b.mean(0)
      print(m @ m + np.trace(s + t - 2 * linalg.sqrtm(s @ t).real))
      n = len(a)
      xx, yy, xy = (polynomial_kernel(p, q, degree=3, coef0=1) for p, q in [(a, a), (b, b), (a, b)])
      off = lambda k: (k.sum() - np.trace(k)) / (n * (n - 1))
      print(off(xx) + off(yy) - 2 * xy.mean())
      def share(queries, real):
          radii = NearestNeighbors(n_neighbors=4).fit(real).kneighbors(real)[0][:, 3]
          d = np.sqrt(((queries[:, None] - real[None]) ** 2).sum(-1))
          return (d <= radii[None]).any(1).mean()
      print(share(b, a))
      print(share(a, b))
      """;

  @TempDir private Path folder;

  @Test
  void scipyAndScikitLearnAgree() throws Exception {
    Python.assume("numpy, scipy, sklearn");
    float[] a = Matrices.vectors(1, N, D, 0, 1);
    float[] b = Matrices.vectors(2, N, D, 0.2, 0.9);
    Path script = Files.writeString(folder.resolve("metrics.py"), SCRIPT);
    double[] theirs =
        Python.run(script, file("a", a), file("b", b), D)
            .lines()
            .mapToDouble(Double::parseDouble)
            .toArray();
    Libtorch.useThreads(1);
    try (TorchRuntime runtime = TorchRuntime.onCpu()) {
      double frechet = FrechetDistance.between(runtime, moments(runtime, a), moments(runtime, b));
      Manifolds.Shares shares = Manifolds.between(runtime, a, b, D, 3);
      double[] ours = {
        frechet,
        KernelDistance.between(runtime, a, b, D, Metric.Kernel.defaults()).value(),
        shares.precision(),
        shares.recall()
      };
      assertThat(ours).as(Arrays.toString(theirs)).containsExactly(theirs, within(1e-8));
    }
  }

  private static FeatureMoments moments(TorchRuntime runtime, float[] vectors) {
    try (MomentAccumulator accumulator = new MomentAccumulator(runtime, D)) {
      accumulator.accumulate(vectors, N);
      return accumulator.result();
    }
  }

  private Path file(String name, float[] values) throws Exception {
    ByteBuffer bytes =
        ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    return Files.write(folder.resolve(name), bytes.array());
  }
}
