package dev.tessera.models.fused;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Precision;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.Tensor;
import dev.tessera.models.graph.Trace;
import dev.tessera.models.nn.Doubles;
import dev.tessera.models.runtime.Executable;
import dev.tessera.models.runtime.Libtorch;
import dev.tessera.models.runtime.NativeTensor;
import dev.tessera.models.runtime.Results;
import dev.tessera.models.runtime.TorchRuntime;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Shift, norm, SiLU and dropout as one, against plain loops. */
final class GroupNormSiluTest {

  private static final int N = 3;
  private static final int C = 8;
  private static final int SIDE = 6;
  private static final double EPS = 1e-2;
  private static final double CHANCE = 0.3;

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

  private static double[] drawn(int n, long seed) {
    return new SplittableRandom(seed).doubles(n, -1, 1).toArray();
  }

  private static double[] traced(boolean shifts, boolean silu, double dropout) {
    Trace trace = new Trace("layer", Precision.FP64);
    Tensor x = trace.input("x", DType.FLOAT64, Shape.of(N, C, SIDE, SIDE));
    Tensor shift = trace.input("shift", DType.FLOAT64, Shape.of(N, C));
    Tensor weight = trace.input("weight", DType.FLOAT64, Shape.of(C));
    Tensor bias = trace.input("bias", DType.FLOAT64, Shape.of(C));
    trace.randomness(trace.scalar("key", DType.INT64));
    Tensor y =
        new GroupNormSilu(2, EPS, silu, dropout).apply(x, shifts ? shift : null, weight, bias);
    try (Executable program = runtime.load(trace.finish(y));
        NativeTensor a = runtime.zeros(DType.FLOAT64, x.shape());
        NativeTensor b = runtime.zeros(DType.FLOAT64, shift.shape());
        NativeTensor c = runtime.zeros(DType.FLOAT64, weight.shape());
        NativeTensor d = runtime.zeros(DType.FLOAT64, bias.shape());
        NativeTensor key = runtime.scalar(3L)) {
      a.set(drawn(N * C * SIDE * SIDE, 1));
      b.set(drawn(N * C, 2));
      c.set(drawn(C, 3));
      d.set(drawn(C, 4));
      try (Results results = program.run(a, b, c, d, key)) {
        return results.get(0).toDoubles();
      }
    }
  }

  private static double[] looped(boolean shifts, boolean silu) {
    double[] flat = drawn(N * C, 2);
    double[][] shift = new double[N][C];
    for (int i = 0; shifts && i < flat.length; i++) {
      shift[i / C][i % C] = flat[i];
    }
    double[][][][] x = Doubles.pictures(drawn(N * C * SIDE * SIDE, 1), N, C, SIDE);
    double[][][][] y =
        Doubles.groupNorm(Doubles.shifted(x, shift), 2, drawn(C, 3), drawn(C, 4), EPS);
    return Doubles.flat(silu ? Doubles.silu(y) : y);
  }

  @Test
  void itIsItsParts() {
    for (boolean shifts : new boolean[] {false, true}) {
      for (boolean silu : new boolean[] {false, true}) {
        assertThat(traced(shifts, silu, 0)).containsExactly(looped(shifts, silu), within(1e-12));
      }
    }
  }

  @Test
  void whatIsNotDroppedGrowsSoThatTheMeanStays() {
    double[] whole = looped(true, true);
    double[] found = traced(true, true, CHANCE);
    int dropped = 0;
    for (int i = 0; i < whole.length; i++) {
      if (found[i] == 0) {
        dropped++;
      } else {
        assertThat(found[i]).isCloseTo(whole[i] / (1 - CHANCE), within(1e-12));
      }
    }
    assertThat((double) dropped / whole.length).isCloseTo(CHANCE, within(0.05));
  }

  @Test
  void aScaledSumIsASumAndAProduct() {
    Trace trace = new Trace("sum", Precision.FP64);
    Tensor x = trace.input("x", DType.FLOAT64, Shape.of(3));
    Tensor y = trace.input("y", DType.FLOAT64, Shape.of(3));
    try (Executable program = runtime.load(trace.finish(new ScaledSum(0.5).apply(x, y)));
        NativeTensor a = runtime.zeros(DType.FLOAT64, Shape.of(3));
        NativeTensor b = runtime.zeros(DType.FLOAT64, Shape.of(3))) {
      a.set(1.0, 2, 3);
      b.set(4.0, -6, 0.5);
      try (Results results = program.run(a, b)) {
        assertThat(results.get(0).toDoubles()).containsExactly(2.5, -2, 1.75);
      }
    }
  }
}
