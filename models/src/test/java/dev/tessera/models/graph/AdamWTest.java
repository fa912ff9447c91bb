package dev.tessera.models.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.tessera.models.runtime.Executable;
import dev.tessera.models.runtime.Libtorch;
import dev.tessera.models.runtime.NativeTensor;
import dev.tessera.models.runtime.TorchRuntime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The fused update against its definition (Loshchilov and Hutter 2019), in float64. */
final class AdamWTest {

  private static final double BETA1 = 0.9;
  private static final double BETA2 = 0.999;
  private static final double EPS = 1e-8;

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

  /** One update over two runs of {@code split} and the remaining elements, the first decayed. */
  private static Program update(DType dtype, int n, int split, double decay) {
    return update(dtype, n, split, decay, false);
  }

  private static Program update(DType dtype, int n, int split, double decay, boolean divided) {
    Trace trace = new Trace("update", Precision.FP32);
    Tensor[] in = new Tensor[4];
    for (int i = 0; i < 4; i++) {
      in[i] = trace.input("x" + i, dtype, Shape.of(n));
    }
    Tensor step = trace.scalar("step", DType.FLOAT32);
    Tensor rate = trace.scalar("rate", DType.FLOAT32);
    Tensor divisor = divided ? trace.scalar("divisor", DType.FLOAT32) : null;
    for (int run = 0; run < 2; run++) {
      int from = run == 0 ? 0 : split;
      int size = run == 0 ? split : n - split;
      new FusedAdamW(BETA1, BETA2, EPS, run == 0 ? decay : 0)
          .apply(
              new FusedAdamW.Operands(
                  in[0].narrow(0, from, size),
                  in[1].narrow(0, from, size),
                  in[2].narrow(0, from, size),
                  in[3].narrow(0, from, size),
                  step,
                  rate,
                  divisor,
                  null));
    }
    return trace.finish(in[0].sumAll());
  }

  @Test
  void severalStepsFollowTheDefinitionWithDecayOfTheFirstRunOnly() {
    int n = 37;
    int split = 20;
    double decay = 0.3;
    float lr = 0.0625f;
    SplittableRandom random = new SplittableRandom(5);
    double[] p = random.doubles(n, -1, 1).toArray();
    double[] m = new double[n];
    double[] v = new double[n];
    try (Executable executable = runtime.load(update(DType.FLOAT64, n, split, decay));
        NativeTensor parameters = runtime.zeros(DType.FLOAT64, Shape.of(n));
        NativeTensor gradient = runtime.zeros(DType.FLOAT64, Shape.of(n));
        NativeTensor first = runtime.zeros(DType.FLOAT64, Shape.of(n));
        NativeTensor second = runtime.zeros(DType.FLOAT64, Shape.of(n));
        NativeTensor step = runtime.scalar(0f);
        NativeTensor rate = runtime.scalar(lr)) {
      parameters.set(p);
      for (int t = 1; t <= 7; t++) {
        double[] g = random.doubles(n, -2, 2).toArray();
        gradient.set(g);
        step.set((float) t);
        executable.run(parameters, gradient, first, second, step, rate).close();
        for (int i = 0; i < n; i++) {
          m[i] = BETA1 * m[i] + (1 - BETA1) * g[i];
          v[i] = BETA2 * v[i] + (1 - BETA2) * g[i] * g[i];
          double mHat = m[i] / (1 - Math.pow(BETA1, t));
          double vHat = v[i] / (1 - Math.pow(BETA2, t));
          p[i] -= lr * (mHat / (Math.sqrt(vHat) + EPS) + (i < split ? decay * p[i] : 0));
        }
        double[] actual = parameters.toDoubles();
        for (int i = 0; i < n; i++) {
          // The fused kernel corrects its bias in terms of single-precision decay constants.
          assertThat(actual[i]).as("step %d, element %d", t, i).isCloseTo(p[i], within(1e-12));
        }
        assertThat(step.item()).isEqualTo(t);
      }
      assertThat(first.toDoubles()).usingComparatorWithPrecision(1e-13).containsExactly(m);
      assertThat(second.toDoubles()).usingComparatorWithPrecision(1e-13).containsExactly(v);
    }
  }

  @Test
  void epsilonIsAddedAfterTheCorrectionOfBias() {
    // g = eps at the first step: g / (|g| + eps) is one half.
    for (DType dtype : List.of(DType.FLOAT32, DType.FLOAT64)) {
      try (Executable executable = runtime.load(update(dtype, 2, 1, 0));
          NativeTensor parameters = runtime.zeros(dtype, Shape.of(2));
          NativeTensor gradient = runtime.zeros(dtype, Shape.of(2));
          NativeTensor first = runtime.zeros(dtype, Shape.of(2));
          NativeTensor second = runtime.zeros(dtype, Shape.of(2));
          NativeTensor step = runtime.scalar(1f);
          NativeTensor rate = runtime.scalar(0.5f)) {
        if (dtype == DType.FLOAT32) {
          gradient.set(1e-8f, -1e-8f);
        } else {
          gradient.set(1e-8, -1e-8);
        }
        executable.run(parameters, gradient, first, second, step, rate).close();
        double moved =
            dtype == DType.FLOAT32 ? parameters.toFloats()[0] : parameters.toDoubles()[0];
        assertThat(moved).isCloseTo(-0.25, within(1e-5));
      }
    }
  }

  @Test
  void aDividedGradientIsAsGoodAsASmallerOne() {
    int n = 37;
    SplittableRandom random = new SplittableRandom(6);
    double[] gradient = random.doubles(n, -2, 2).toArray();
    double[] quarter = Arrays.stream(gradient).map(g -> g / 4).toArray();
    assertThat(moved(gradient, 4f)).containsExactly(moved(quarter, null));
  }

  /** A parameter of zeros after one step. */
  private static double[] moved(double[] values, Float divisor) {
    Shape shape = Shape.of(values.length);
    try (Executable executable =
            runtime.load(update(DType.FLOAT64, values.length, 5, 0, divisor != null));
        NativeTensor parameters = runtime.zeros(DType.FLOAT64, shape);
        NativeTensor gradient = runtime.zeros(DType.FLOAT64, shape);
        NativeTensor first = runtime.zeros(DType.FLOAT64, shape);
        NativeTensor second = runtime.zeros(DType.FLOAT64, shape);
        NativeTensor step = runtime.scalar(1f);
        NativeTensor rate = runtime.scalar(0.5f);
        NativeTensor scale = runtime.scalar(divisor == null ? 1f : divisor)) {
      gradient.set(values);
      List<NativeTensor> arguments =
          new ArrayList<>(List.of(parameters, gradient, first, second, step, rate));
      if (divisor != null) {
        arguments.add(scale);
      }
      executable.run(arguments).close();
      return parameters.toDoubles();
    }
  }
}
