package dev.tessera.models.graph;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tessera.models.runtime.Executable;
import dev.tessera.models.runtime.Libtorch;
import dev.tessera.models.runtime.NativeTensor;
import dev.tessera.models.runtime.Results;
import dev.tessera.models.runtime.TorchRuntime;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The law and the independence of keyed random numbers; bounds are five standard deviations. */
final class RandomTest {

  private static final int N = 1 << 16;

  private static TorchRuntime runtime;

  @BeforeAll
  static void open() {
    Libtorch.useThreads(1);
    runtime = TorchRuntime.onCpu();
  }

  @AfterAll
  static void close() {
    runtime.close();
  }

  private static double[] uniform(long site, long key, int n) {
    return draw(Creation.Random.Law.UNIFORM, site, key, Shape.of(n), DType.FLOAT64);
  }

  private static double[] draw(
      Creation.Random.Law law, long site, long key, Shape shape, DType dtype) {
    Trace trace = new Trace("random", Precision.FP64);
    Tensor input = trace.scalar("key", DType.INT64);
    Tensor drawn = trace.apply(new Creation.Random(law, site, new TensorType(dtype, shape)), input);
    try (Executable executable = runtime.load(trace.finish(drawn.cast(DType.FLOAT64)));
        NativeTensor k = runtime.scalar(key);
        Results results = executable.run(k)) {
      return results.get(0).toDoubles();
    }
  }

  private static List<Long> seeds() {
    List<Long> seeds = new ArrayList<>(List.of(0L, 1L, -1L, Long.MAX_VALUE, Long.MIN_VALUE + 1));
    for (int i = 0; i < 3; i++) {
      seeds.add(Hash.of(i));
    }
    return seeds;
  }

  @Test
  void uniformNumbersFillAllBinsAlike() {
    for (long seed : seeds()) {
      for (int bins : new int[] {2, 256, 1024}) {
        assertThat(chiSquare(uniform(seed, 7 * seed, N), bins))
            .as("site %d", seed)
            .isBetween(-5.0, 5.0);
      }
    }
  }

  @Test
  void theLowBitsAreUniformToo() {
    for (long seed : seeds()) {
      double[] scaled = uniform(1, seed, N);
      for (int i = 0; i < N; i++) {
        scaled[i] = scaled[i] * (1 << 15) % 1;
      }
      assertThat(chiSquare(scaled, 64)).as("key %d", seed).isBetween(-5.0, 5.0);
    }
  }

  /** Deviations of the statistic from its mean, in standard deviations. */
  private static double chiSquare(double[] values, int bins) {
    int[] counts = new int[bins];
    for (double value : values) {
      counts[(int) (value * bins)]++;
    }
    double expected = (double) values.length / bins;
    double sum = 0;
    for (int count : counts) {
      sum += (count - expected) * (count - expected) / expected;
    }
    return (sum - (bins - 1)) / Math.sqrt(2.0 * Math.max(bins - 1, 8));
  }

  @Test
  void neighboursAreIndependent() {
    for (long seed : seeds()) {
      double[] values = uniform(seed, 3, N);
      for (int lag : new int[] {1, 2, 3, 64, 1000, N / 2 - 1, N / 2, N / 2 + 1}) {
        assertThat(correlation(values, values, lag)).as("lag %d", lag).isBetween(-5.0, 5.0);
      }
      assertThat(pairs(values, values, 1)).isBetween(-5.0, 5.0);
    }
  }

  @Test
  void sitesAndKeysAreIndependentHoweverNear() {
    double[] base = uniform(10, 20, N);
    long[][] others = {
      {11, 20},
      {10, 21},
      {9, 20},
      {10, 19},
      {11, 19},
      {20, 10},
      {9, 21},
      {11, 21},
      {8, 20},
      {10, 20 ^ (1L << 40)},
      {10, 20 + 0x9E3779B97F4A7C15L},
      {-10, -20},
      {10 + (1L << 63), 20}
    };
    for (long[] other : others) {
      double[] values = uniform(other[0], other[1], N);
      for (int lag : new int[] {0, 1, 2, 7}) {
        assertThat(correlation(base, values, lag))
            .as("site %d, key %d, lag %d", other[0], other[1], lag)
            .isBetween(-5.0, 5.0);
      }
      assertThat(pairs(base, values, 0))
          .as("site %d, key %d", other[0], other[1])
          .isBetween(-5.0, 5.0);
    }
  }

  /** The sum of products about the mean, in standard deviations. */
  private static double correlation(double[] a, double[] b, int lag) {
    double sum = 0;
    int n = a.length - lag;
    for (int i = 0; i < n; i++) {
      sum += (a[i] - 0.5) * (b[i + lag] - 0.5);
    }
    return sum * 12 / Math.sqrt(n);
  }

  /** Chi-square of the joint law of pairs over 16 x 16 bins. */
  private static double pairs(double[] a, double[] b, int lag) {
    double[] joint = new double[a.length - lag];
    for (int i = 0; i < joint.length; i++) {
      joint[i] = (((int) (a[i] * 16)) * 16 + (int) (b[i + lag] * 16) + 0.5) / 256;
    }
    return chiSquare(joint, 256);
  }

  @Test
  void firstNumbersOfConsecutiveKeysAreIndependent() {
    Trace trace = new Trace("first", Precision.FP64);
    trace.randomness(trace.scalar("key", DType.INT64));
    Program program = trace.finish(trace.uniform(Shape.of(2)));
    int n = 4096;
    double[] first = new double[n];
    try (Executable executable = runtime.load(program);
        NativeTensor key = runtime.scalar(0L)) {
      for (int i = 0; i < n; i++) {
        key.set((long) i);
        try (Results results = executable.run(key)) {
          first[i] = results.get(0).toDoubles()[0];
        }
      }
    }
    assertThat(chiSquare(first, 64)).isBetween(-5.0, 5.0);
    for (int lag = 1; lag < 5; lag++) {
      assertThat(correlation(first, first, lag)).isBetween(-5.0, 5.0);
    }
  }

  @Test
  void normalNumbersHaveTheMomentsAndTheTailsOfTheirLaw() {
    for (long seed : seeds()) {
      double[] values = draw(Creation.Random.Law.NORMAL, seed, 5, Shape.of(N), DType.FLOAT32);
      double[] uniform = new double[N];
      double[] moments = new double[5];
      for (int i = 0; i < N; i++) {
        for (int k = 1; k < 5; k++) {
          moments[k] += Math.pow(values[i], k) / N;
        }
        uniform[i] = Math.min(1 - 1e-12, cumulative(values[i]));
      }
      double sigma = 5 / Math.sqrt(N);
      assertThat(moments[1]).isBetween(-sigma, sigma);
      assertThat(moments[2]).isBetween(1 - 1.42 * sigma, 1 + 1.42 * sigma);
      assertThat(moments[3]).isBetween(-3.88 * sigma, 3.88 * sigma);
      assertThat(moments[4]).isBetween(3 - 9.8 * sigma, 3 + 9.8 * sigma);
      assertThat(chiSquare(uniform, 128)).isBetween(-5.0, 5.0);
      // The two halves come from the same pairs of uniform numbers.
      double[] centred = java.util.Arrays.stream(uniform).toArray();
      assertThat(correlation(centred, centred, N / 2)).isBetween(-5.0, 5.0);
      assertThat(pairs(centred, centred, N / 2)).isBetween(-7.0, 7.0);
    }
  }

  /** The normal law by Simpson's rule from the median. */
  private static double cumulative(double z) {
    int steps = 64;
    double h = z / steps;
    double sum = 0;
    for (int i = 0; i <= steps; i++) {
      double x = i * h;
      double weight = i == 0 || i == steps ? 1 : i % 2 == 1 ? 4 : 2;
      sum += weight * Math.exp(-x * x / 2);
    }
    return Math.max(0, 0.5 + sum * h / 3 / Math.sqrt(2 * Math.PI));
  }

  @Test
  void uniformNumbersAreTheSameBitsInEveryPrecisionAndShape() {
    for (long seed : seeds()) {
      double[] wide = uniform(2, seed, 105);
      Creation.Random.Law law = Creation.Random.Law.UNIFORM;
      assertThat(draw(law, 2, seed, Shape.of(105), DType.FLOAT32)).isEqualTo(wide);
      assertThat(draw(law, 2, seed, Shape.of(3, 7, 5), DType.FLOAT32)).isEqualTo(wide);
      assertThat(draw(law, 2, seed, Shape.of(1, 105), DType.FLOAT64)).isEqualTo(wide);
    }
    assertThat(uniform(1, 1, 1)).hasSize(1);
    assertThat(uniform(1, 1, 0)).isEmpty();
  }

  @Test
  void neitherZeroNorOneIsDrawnAndNormalsAreFinite() {
    for (long seed : seeds()) {
      double[] values =
          draw(Creation.Random.Law.UNIFORM, 4, seed, Shape.of(1 << 20), DType.FLOAT32);
      assertThat(java.util.Arrays.stream(values).allMatch(v -> v > 0 && v < 1)).isTrue();
    }
    double[] normals = draw(Creation.Random.Law.NORMAL, 4, 4, Shape.of(1 << 20), DType.FLOAT32);
    assertThat(java.util.Arrays.stream(normals).allMatch(v -> Math.abs(v) < 5.8)).isTrue();
  }

  @Test
  void theSamePlaceInTwoProgramsDrawsTheSameAndASecondDrawDiffers() {
    List<double[]> drawn = new ArrayList<>();
    for (String name : List.of("one", "two")) {
      Trace trace = new Trace(name, Precision.FP64);
      trace.randomness(trace.scalar("key", DType.INT64));
      Tensor a = trace.at("dropout", () -> trace.uniform(Shape.of(9)));
      Tensor b = trace.at("dropout", () -> trace.uniform(Shape.of(9)));
      try (Executable executable = runtime.load(trace.finish(a, b));
          NativeTensor key = runtime.scalar(3L);
          Results results = executable.run(key)) {
        drawn.add(results.get(0).toDoubles());
        drawn.add(results.get(1).toDoubles());
      }
    }
    assertThat(drawn.get(0)).isEqualTo(drawn.get(2)).isNotEqualTo(drawn.get(1));
    assertThat(drawn.get(1)).isEqualTo(drawn.get(3));
  }
}
