package dev.tessera.models.vqgan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Layout;
import dev.tessera.models.graph.Precision;
import dev.tessera.models.graph.Program;
import dev.tessera.models.graph.Scope;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.Tensor;
import dev.tessera.models.graph.Trace;
import dev.tessera.models.runtime.Executable;
import dev.tessera.models.runtime.Libtorch;
import dev.tessera.models.runtime.NativeTensor;
import dev.tessera.models.runtime.Results;
import dev.tessera.models.runtime.TorchRuntime;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The quantiser against plain loops in double. */
final class CodebookTest {

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

  private static float[] normals(SplittableRandom random, int n) {
    float[] values = new float[n];
    for (int i = 0; i < n; i++) {
      values[i] =
          (float)
              (Math.sqrt(-2 * Math.log(1 - random.nextDouble()))
                  * Math.cos(2 * Math.PI * random.nextDouble()));
    }
    return values;
  }

  private static NativeTensor tensor(Shape shape, float... values) {
    NativeTensor tensor = runtime.zeros(DType.FLOAT32, shape);
    tensor.set(values);
    return tensor;
  }

  @Test
  void theNearestCodeIsTheOneThatASearchFinds() {
    SplittableRandom random = new SplittableRandom(1);
    for (int width : new int[] {1, 3, 8}) {
      for (int k : new int[] {2, 17, 256}) {
        int n = 200;
        float[] z = normals(random, n * width);
        float[] codes = normals(random, k * width);
        Trace trace = new Trace("nearest", Precision.FP32);
        Tensor rows = trace.input("rows", DType.FLOAT32, Shape.of(n, width));
        Tensor table = trace.input("codes", DType.FLOAT32, Shape.of(k, width));
        try (Executable program = runtime.load(trace.finish(Codebook.nearest(rows, table)));
            NativeTensor a = tensor(Shape.of(n, width), z);
            NativeTensor b = tensor(Shape.of(k, width), codes);
            Results results = program.run(a, b)) {
          long[] found = results.get(0).toLongs();
          for (int i = 0; i < n; i++) {
            double[] distances = new double[k];
            for (int c = 0; c < k; c++) {
              for (int d = 0; d < width; d++) {
                double difference = z[i * width + d] - codes[c * width + d];
                distances[c] += difference * difference;
              }
            }
            double least = Arrays.stream(distances).min().orElseThrow();
            // Equal but for rounding where two codes are equally far.
            assertThat(distances[(int) found[i]]).isCloseTo(least, within(1e-5));
          }
        }
      }
    }
  }

  @Test
  void ofEqualCodesTheFirstIsTaken() {
    Trace trace = new Trace("ties", Precision.FP32);
    Tensor rows = trace.input("rows", DType.FLOAT32, Shape.of(1, 1));
    Tensor table = trace.input("codes", DType.FLOAT32, Shape.of(4, 1));
    try (Executable program = runtime.load(trace.finish(Codebook.nearest(rows, table)));
        NativeTensor a = tensor(Shape.of(1, 1), 1f);
        NativeTensor b = tensor(Shape.of(4, 1), 5f, 2f, 2f, 0.5f);
        Results results = program.run(a, b)) {
      assertThat(results.get(0).toLongs()).containsExactly(3L);
      a.set(2f);
      try (Results again = program.run(a, b)) {
        assertThat(again.get(0).toLongs()).containsExactly(1L);
      }
    }
  }

  private static final int K = 6;
  private static final int WIDTH = 2;
  private static final int ROWS = 30;
  private static final int SHARDS = 2;
  private static final double DECAY = 0.8;
  private static final double BELOW = 0.5;

  /** Statistics of two shards, summed, then the update. */
  private record Book(Codebook codebook, Layout layout, Program statistics, Program update) {
    static Book of(double restartBelow) {
      Scope scope = Scope.group("state");
      Codebook codebook =
          new Codebook(
              scope.child("codebook"), new VqganRecipe.Codes(K, WIDTH, 0.25, DECAY, restartBelow));
      Layout layout = scope.layout();
      Trace trace = new Trace("statistics", Precision.FP32);
      Tensor z = trace.input("z", DType.FLOAT32, Shape.of(ROWS, WIDTH));
      Tensor index = trace.input("index", DType.INT64, Shape.of(ROWS));
      Tensor shard = trace.scalar("shard", DType.INT64);
      trace.randomness(trace.scalar("key", DType.INT64));
      Program statistics = trace.finish(codebook.statistics(z, index, shard, SHARDS));
      Trace next = new Trace("update", Precision.FP32);
      Tensor state = next.input("state", DType.FLOAT32, Shape.of(layout.size()));
      Tensor summed = next.input("statistics", DType.FLOAT32, Shape.of(codebook.statisticsSize()));
      next.bind(layout, state);
      return new Book(codebook, layout, statistics, next.finish(codebook.update(summed)));
    }
  }

  private static float[] statistics(Book book, float[][] z, long[][] index) {
    float[] sum = new float[Math.toIntExact(book.codebook.statisticsSize())];
    try (Executable program = runtime.load(book.statistics);
        NativeTensor rows = runtime.zeros(DType.FLOAT32, Shape.of(ROWS, WIDTH));
        NativeTensor indices = runtime.zeros(DType.INT64, Shape.of(ROWS));
        NativeTensor shard = runtime.scalar(0L);
        NativeTensor key = runtime.scalar(77L)) {
      for (int s = 0; s < SHARDS; s++) {
        rows.set(z[s]);
        indices.set(index[s]);
        shard.set((long) s);
        key.set(77L + s);
        try (Results results = program.run(rows, indices, shard, key)) {
          float[] part = results.get(0).toFloats();
          for (int i = 0; i < part.length; i++) {
            sum[i] += part[i];
          }
        }
      }
    }
    return sum;
  }

  @Test
  void averagesFollowTheFormulasAndDeadCodesRestartFromTheBatch() {
    Book book = Book.of(BELOW);
    SplittableRandom random = new SplittableRandom(5);
    float[][] z = new float[SHARDS][];
    long[][] index = new long[SHARDS][ROWS];
    double[] n = new double[K];
    double[] m = new double[K * WIDTH];
    for (int s = 0; s < SHARDS; s++) {
      z[s] = normals(random, ROWS * WIDTH);
      for (int i = 0; i < ROWS; i++) {
        // Codes 4 and 5 are used by nobody.
        index[s][i] = random.nextInt(4);
        n[(int) index[s][i]]++;
        for (int d = 0; d < WIDTH; d++) {
          m[(int) index[s][i] * WIDTH + d] += z[s][i * WIDTH + d];
        }
      }
    }
    float[] statistics = statistics(book, z, index);
    for (int c = 0; c < K; c++) {
      assertThat(statistics[c]).isEqualTo((float) n[c]);
    }
    for (int i = 0; i < K * WIDTH; i++) {
      assertThat((double) statistics[K + i]).isCloseTo(m[i], within(1e-5));
    }
    float[] first = new float[Math.toIntExact(book.layout.size())];
    Arrays.fill(first, 0.5f);
    // Counts of 1 for codes that die: 0.8 is below half of the mean, which is 8.8.
    Arrays.fill(first, 0, K, 1f);
    float[] after;
    float[] usage;
    try (Executable program = runtime.load(book.update);
        NativeTensor state = tensor(Shape.of(first.length), first);
        NativeTensor summed = tensor(Shape.of(statistics.length), statistics);
        Results results = program.run(state, summed)) {
      after = state.toFloats();
      usage = results.get(0).toFloats();
    }
    double mean = (DECAY * K + (1 - DECAY) * SHARDS * ROWS) / K;
    for (int c = 0; c < 4; c++) {
      assertThat((double) after[c]).isCloseTo(DECAY + (1 - DECAY) * n[c], within(1e-5));
      for (int d = 0; d < WIDTH; d++) {
        assertThat((double) after[K + c * WIDTH + d])
            .isCloseTo(DECAY * 0.5 + (1 - DECAY) * m[c * WIDTH + d], within(1e-5));
      }
    }
    for (int c = 4; c < K; c++) {
      assertThat((double) after[c])
          .as("a restarted code starts at the mean")
          .isCloseTo(mean, within(1e-5));
      double x = after[K + c * WIDTH] / after[c];
      double y = after[K + c * WIDTH + 1] / after[c];
      // Code c is the turn of shard c mod 2: the new code is one of that shard's rows.
      float[] rows = z[c % SHARDS];
      boolean among = false;
      for (int i = 0; i < ROWS; i++) {
        among |= Math.abs(rows[2 * i] - x) < 1e-5 && Math.abs(rows[2 * i + 1] - y) < 1e-5;
      }
      assertThat(among).as("code %d is a row of shard %d", c, c % SHARDS).isTrue();
    }
    double entropy = 0;
    for (int c = 0; c < 4; c++) {
      double p = n[c] / (SHARDS * ROWS);
      entropy -= p * Math.log(p);
    }
    assertThat((double) usage[0]).isCloseTo(4.0 / K, within(1e-6));
    assertThat((double) usage[1]).isCloseTo(Math.exp(entropy), within(1e-4));
  }

  /** Of 1000 candidates each row is one about equally often, the first and the last too. */
  @Test
  void candidatesAreDrawnEvenlyFromAllRows() {
    int k = 1000;
    int rows = 4;
    Scope scope = Scope.group("state");
    Codebook codebook =
        new Codebook(scope.child("codebook"), new VqganRecipe.Codes(k, 1, 0.25, DECAY, 0));
    Trace trace = new Trace("candidates", Precision.FP32);
    Tensor z = trace.input("z", DType.FLOAT32, Shape.of(rows, 1));
    Tensor index = trace.input("index", DType.INT64, Shape.of(rows));
    trace.randomness(trace.scalar("key", DType.INT64));
    Tensor shard = trace.full(DType.INT64, Shape.of(), 0);
    try (Executable program = runtime.load(trace.finish(codebook.statistics(z, index, shard, 1)));
        NativeTensor values = tensor(Shape.of(rows, 1), 1, 2, 3, 4);
        NativeTensor indices = runtime.zeros(DType.INT64, Shape.of(rows));
        NativeTensor key = runtime.scalar(3L);
        Results results = program.run(values, indices, key)) {
      int[] drawn = new int[rows];
      float[] statistics = results.get(0).toFloats();
      for (int c = 2 * k; c < 3 * k; c++) {
        drawn[(int) statistics[c] - 1]++;
      }
      // Deviation 13.7 of 250.
      for (int count : drawn) {
        assertThat(count).isBetween(190, 310);
      }
    }
  }

  /** {@code (N + eps) sum(N) / (sum(N) + K eps)}, with counts of eps's size. */
  @Test
  void countsAreSmoothedAndKeepTheirSum() {
    Scope scope = Scope.group("state");
    Codebook codebook =
        new Codebook(scope.child("codebook"), new VqganRecipe.Codes(3, 2, 0.25, DECAY, 0));
    Layout layout = scope.layout();
    Trace trace = new Trace("codes", Precision.FP32);
    trace.bind(layout, trace.input("state", DType.FLOAT32, Shape.of(9)));
    float[] counts = {3e-5f, 0, 1e-5f};
    float[] sums = {1, 2, 3, 4, 5, 6};
    double total = 4e-5;
    try (Executable program = runtime.load(trace.finish(codebook.codes(trace)));
        NativeTensor state = tensor(Shape.of(9), 3e-5f, 0, 1e-5f, 1, 2, 3, 4, 5, 6);
        Results results = program.run(state)) {
      float[] codes = results.get(0).toFloats();
      for (int i = 0; i < codes.length; i++) {
        double n = (counts[i / 2] + 1e-5) * total / (total + 3e-5);
        assertThat(codes[i] * n / sums[i]).isCloseTo(1, within(1e-5));
      }
    }
  }

  @Test
  void perplexityIsTheNumberOfCodesWhenAllAreAlikeAndOneWhenOneTakesAll() {
    Book book = Book.of(0);
    float[] even = new float[Math.toIntExact(book.codebook.statisticsSize())];
    Arrays.fill(even, 0, K, 10f);
    float[] one = new float[even.length];
    one[3] = 60f;
    float[] before = new float[Math.toIntExact(book.layout.size())];
    Arrays.fill(before, 1f);
    try (Executable program = runtime.load(book.update);
        NativeTensor state = tensor(Shape.of(before.length), before);
        NativeTensor statistics = tensor(Shape.of(even.length), even)) {
      try (Results results = program.run(state, statistics)) {
        assertThat(results.get(0).toFloats()).containsExactly(new float[] {1f, K}, within(1e-4f));
      }
      statistics.set(one);
      try (Results results = program.run(state, statistics)) {
        assertThat(results.get(0).toFloats())
            .containsExactly(new float[] {1f / K, 1f}, within(1e-4f));
      }
    }
  }
}
