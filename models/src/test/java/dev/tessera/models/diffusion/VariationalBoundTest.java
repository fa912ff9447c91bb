package dev.tessera.models.diffusion;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.tessera.models.diffusion.space.Discrete;
import dev.tessera.models.diffusion.space.Linear;
import dev.tessera.models.diffusion.space.NoiseDistribution;
import dev.tessera.models.diffusion.space.Preconditioning;
import dev.tessera.models.diffusion.space.Prediction;
import dev.tessera.models.diffusion.space.Traced;
import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Precision;
import dev.tessera.models.graph.Program;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.Trace;
import dev.tessera.models.runtime.Executable;
import dev.tessera.models.runtime.NativeTensor;
import dev.tessera.models.runtime.Results;
import dev.tessera.models.runtime.TorchRuntime;
import java.util.Arrays;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The bound's terms against DDPM's own coefficients, from betas in double. */
final class VariationalBoundTest {

  private static final Discrete PATH = Discrete.defaults();
  private static final int N = 6;
  private static TorchRuntime runtime;

  @BeforeAll
  static void open() {
    runtime = TorchRuntime.onCpu();
  }

  @AfterAll
  static void close() {
    runtime.close();
  }

  /** One element a picture. */
  private static double[] bits(
      Signal.Kind kind, int[] steps, double[] clean, double[] denoised, double[] fraction) {
    int n = steps.length;
    Shape shape = Shape.of(n, 1, 1, 1);
    Trace trace = new Trace("bound", Precision.FP32);
    var sigma = trace.input("sigma", DType.FLOAT32, Shape.of(n));
    var x = trace.input("x", DType.FLOAT32, shape);
    var d = trace.input("d", DType.FLOAT32, shape);
    var f = trace.input("f", DType.FLOAT32, shape);
    Program program =
        trace.finish(new VariationalBound(PATH, kind).bits(new Traced(sigma), x, d, f));
    double[] table = PATH.sigmas();
    double[] levels = Arrays.stream(steps).mapToDouble(step -> table[step]).toArray();
    try (Executable executable = runtime.load(program);
        NativeTensor a = tensor(Shape.of(n), levels);
        NativeTensor b = tensor(shape, clean);
        NativeTensor c = tensor(shape, denoised);
        NativeTensor e = tensor(shape, fraction);
        Results results = executable.run(a, b, c, e)) {
      float[] found = results.get(0).toFloats();
      double[] wide = new double[n];
      Arrays.setAll(wide, i -> found[i]);
      return wide;
    }
  }

  private static NativeTensor tensor(Shape shape, double... values) {
    NativeTensor tensor = runtime.zeros(DType.FLOAT32, shape);
    float[] narrow = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      narrow[i] = (float) values[i];
    }
    tensor.set(narrow);
    return tensor;
  }

  /** Betas 1e-4 to 2e-2. */
  private static double beta(int step) {
    return 1e-4 + (2e-2 - 1e-4) * step / 999;
  }

  private static double alphaBar(int step) {
    double product = 1;
    for (int i = 0; i <= step; i++) {
      product *= 1 - beta(i);
    }
    return product;
  }

  private static double posterior(int step) {
    int at = Math.max(1, step);
    return beta(at) * (1 - alphaBar(at - 1)) / (1 - alphaBar(at));
  }

  @Test
  void laterStepsDivergeAsTwoNormalLaws() {
    int[] steps = {1, 2, 50, 500, 998, 999};
    double[] clean = {0.3, -0.9, 0.1, 1, -0.2, 0.5};
    double[] denoised = {0.31, -0.7, 0.1, 0.2, -1, 0};
    double[] fraction = {0, 0.5, 1, 0.2, 0.9, 1.2};
    double[] found = bits(Signal.Kind.PIXELS, steps, clean, denoised, fraction);
    for (int i = 0; i < N; i++) {
      int step = steps[i];
      double truth = posterior(step);
      double own =
          Math.exp(fraction[i] * Math.log(beta(step)) + (1 - fraction[i]) * Math.log(truth));
      double coefficient = beta(step) * Math.sqrt(alphaBar(step - 1)) / (1 - alphaBar(step));
      double gap = coefficient * (clean[i] - denoised[i]);
      double nats = 0.5 * (Math.log(own / truth) + (truth + gap * gap) / own - 1);
      assertThat(found[i])
          .as("step %s", step)
          .isCloseTo(nats / Math.log(2), within(1e-4 + 2e-3 * nats));
    }
  }

  @Test
  void aDataSetOfOnePointIsMetExactlyByTheSmallestVariance() {
    double[] same = {0.4, 0.4, 0.4};
    double[] bits = bits(Signal.Kind.PIXELS, new int[] {1, 300, 999}, same, same, new double[3]);
    for (double each : bits) {
      assertThat(each).isCloseTo(0, within(1e-5));
    }
  }

  @Test
  void theColoursOfTheFirstStepHaveProbabilitiesThatAddUpToOne() {
    int[] steps = new int[256];
    double[] colours = new double[256];
    Arrays.setAll(colours, i -> i / 127.5 - 1);
    double[] mean = new double[256];
    for (double[] at : new double[][] {{0.213, 0.7}, {-0.99, 0}, {1, 1}}) {
      Arrays.fill(mean, at[0]);
      double[] fraction = new double[256];
      Arrays.fill(fraction, at[1]);
      double[] bits = bits(Signal.Kind.PIXELS, steps, colours, mean, fraction);
      double sum = Arrays.stream(bits).map(b -> Math.pow(2, -b)).sum();
      assertThat(sum).isCloseTo(1, within(1e-3));
    }
  }

  @Test
  void latentsOfTheFirstStepHaveADensity() {
    double[] found =
        bits(
            Signal.Kind.LATENTS,
            new int[] {0, 0},
            new double[] {0.2, 0.2},
            new double[] {0.2, 0.205},
            new double[] {0, 1});
    double small = posterior(0);
    assertThat(found[0] * Math.log(2)).isCloseTo(0.5 * Math.log(2 * Math.PI * small), within(1e-3));
    double large = beta(0);
    assertThat(found[1] * Math.log(2))
        .isCloseTo(0.5 * (Math.log(2 * Math.PI * large) + 0.005 * 0.005 / large), within(1e-3));
  }

  @Test
  void continuousTimeHasNoSteps() {
    DiffusionRecipe recipe = DiffusionRecipe.defaults();
    assertThatThrownBy(
            () ->
                recipe
                    .with(new Linear(), Prediction.EPS, new Preconditioning.Own())
                    .with(new NoiseDistribution.Uniform(0.01, 0.99), Loss.Hybrid.defaults()))
        .hasMessageContaining("loss: hybrid (expected: denoising, or path discrete");
  }
}
