package dev.tessera.models.diffusion;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assertions.withinPercentage;

import dev.tessera.models.diffusion.space.NoiseDistribution.LogNormal;
import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Layout;
import dev.tessera.models.graph.Program;
import dev.tessera.models.graph.Segmentation;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.nn.BackboneRecipe;
import dev.tessera.models.runtime.Executable;
import dev.tessera.models.runtime.Libtorch;
import dev.tessera.models.runtime.NativeTensor;
import dev.tessera.models.runtime.ProgramContract;
import dev.tessera.models.runtime.Results;
import dev.tessera.models.runtime.TorchRuntime;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class DiffusionModelTest {

  private static final BackboneRecipe DIT = new BackboneRecipe.Dit(2, 16, 2, 2);
  private static final BackboneRecipe UNET = new BackboneRecipe.Unet(8, List.of(1, 2), 1, 2);
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

  static DiffusionRecipe recipe(
      BackboneRecipe backbone, LogNormal noise, boolean conditional, double dropout) {
    return DiffusionRecipe.defaults()
        .with(backbone)
        .with(noise, Loss.Denoising.defaults())
        .withClasses(conditional, dropout);
  }

  /** Arguments by the program's signature: small random floats, {@code labels}, a key. */
  private static List<NativeTensor> arguments(Program program, long seed, int... labels) {
    SplittableRandom random = new SplittableRandom(seed);
    List<NativeTensor> arguments = new ArrayList<>();
    for (Program.Input input : program.inputs()) {
      NativeTensor tensor = runtime.zeros(input.type().dtype(), input.type().shape());
      var memory = tensor.memory();
      for (int i = 0; memory.hasRemaining(); i++) {
        switch (input.type().dtype()) {
          case FLOAT32 -> memory.putFloat((float) random.nextDouble(-0.2, 0.2));
          case FLOAT64 -> memory.putDouble(random.nextDouble(-1, 1));
          case INT32 -> memory.putInt(labels[i % labels.length]);
          case INT64 -> memory.putLong(labels[i % labels.length]);
          default -> memory.put((byte) random.nextInt(256));
        }
      }
      arguments.add(tensor);
    }
    return arguments;
  }

  private static void free(List<NativeTensor> arguments) {
    arguments.forEach(NativeTensor::close);
  }

  @ParameterizedTest
  @ValueSource(doubles = {0.01, 0.5, 1, 20})
  void aNetworkThatSaysNothingLosesOnePerElementAtEveryLevel(double sigma) {
    int batch = 8192;
    LogNormal noise = new LogNormal(Math.log(sigma), 1e-6);
    List<DiffusionRecipe> recipes =
        List.of(
            recipe(DIT, noise, false, 0),
            recipe(UNET, noise, false, 0),
            recipe(DIT, noise, false, 0).withSigmaData(1));
    for (DiffusionRecipe recipe : recipes) {
      DiffusionModel model = new DiffusionModel(recipe, Signal.latents(1, 4, 4, 3, 2), 0);
      Program program = gradient(model, batch, Segmentation.WHOLE);
      SplittableRandom random = new SplittableRandom(4);
      try (Executable executable = runtime.load(program);
          NativeTensor flat = runtime.zeros(DType.FLOAT32, Shape.of(model.layout().size()));
          NativeTensor data = runtime.zeros(DType.FLOAT32, Shape.of(batch, 1, 4, 4));
          NativeTensor key = runtime.scalar(9L)) {
        model.layout().initialize(1, flat.memory());
        float[] values = new float[batch * 16];
        for (int i = 0; i < values.length; i++) {
          // Two points at distance 2 from the mean: any law of that variance will do.
          values[i] = random.nextBoolean() ? 5 : 1;
        }
        data.set(values);
        try (Results results = executable.run(flat, data, key)) {
          assertThat(results.get(1).item()).isCloseTo(1, within(0.02f));
        }
      }
    }
  }

  private static Program gradient(DiffusionModel model, int batch, Segmentation segmentation) {
    return new DiffusionObjective(model, 1, batch, segmentation).phases().get(0).gradient();
  }

  @Test
  void recomputedActivationsGiveTheSameGradient() {
    DiffusionModel model =
        new DiffusionModel(
            recipe(DIT, LogNormal.defaults(), true, 0.3), Signal.latents(2, 4, 4, 0, 1), 3);
    Program whole = gradient(model, 6, Segmentation.WHOLE);
    Program recomputed = gradient(model, 6, Segmentation.RECOMPUTE);
    // What is computed again is not counted as work done.
    assertThat(recomputed.flops()).isCloseTo(whole.flops(), withinPercentage(1.0));
    assertThat(gradient(model, 256, Segmentation.RECOMPUTE).workingBytes())
        .isLessThan(gradient(model, 256, Segmentation.WHOLE).workingBytes());
    List<NativeTensor> arguments = arguments(whole, 3, 0, 1, 2);
    try (Executable a = runtime.load(whole);
        Executable b = runtime.load(recomputed);
        Results x = a.run(arguments);
        Results y = b.run(arguments)) {
      assertThat(y.get(1).item()).isEqualTo(x.get(1).item());
      float[] expected = x.get(0).toFloats();
      float[] found = y.get(0).toFloats();
      double difference = 0;
      double norm = 0;
      for (int i = 0; i < expected.length; i++) {
        difference += Math.pow(expected[i] - found[i], 2);
        norm += Math.pow(expected[i], 2);
      }
      assertThat(norm).isPositive();
      assertThat(Math.sqrt(difference / norm)).isLessThan(1e-6);
    } finally {
      free(arguments);
    }
  }

  @Test
  void theGivenShareOfLabelsIsHidden() {
    int classes = 1000;
    int[] labels = new int[classes];
    for (int i = 0; i < classes; i++) {
      labels[i] = i;
    }
    for (double dropout : new double[] {0, 0.3, 1}) {
      DiffusionModel model =
          new DiffusionModel(
              recipe(new BackboneRecipe.Dit(2, 8, 1, 1), LogNormal.defaults(), true, dropout),
              Signal.latents(1, 2, 2, 0, 1),
              classes);
      Program program = gradient(model, classes, Segmentation.WHOLE);
      Layout.Slice table = model.layout().slices().get("noise.label.weight");
      List<NativeTensor> arguments = arguments(program, 6, labels);
      try (Executable executable = runtime.load(program);
          Results results = executable.run(arguments)) {
        float[] gradient = results.get(0).toFloats();
        int seen = 0;
        for (int row = 0; row < classes; row++) {
          seen += touched(gradient, table.offset() + row * 8L) ? 1 : 0;
        }
        assertThat((double) seen / classes).isCloseTo(1 - dropout, within(dropout % 1 * 0.17));
        assertThat(touched(gradient, table.offset() + classes * 8L)).isEqualTo(dropout > 0);
      } finally {
        free(arguments);
      }
    }
  }

  private static boolean touched(float[] gradient, long row) {
    for (int i = 0; i < 8; i++) {
      if (gradient[(int) row + i] != 0) {
        return true;
      }
    }
    return false;
  }

  @Test
  void clippedPixelsStayThoseOfPicturesAndOthersAreNotTouched() {
    DiffusionModel model =
        new DiffusionModel(recipe(DIT, LogNormal.defaults(), false, 0), Signal.pixels(4, 4), 0);
    Program free = model.denoiser(4, false);
    List<NativeTensor> arguments = arguments(free, 5);
    arguments.get(2).set(0.1);
    double[] far = new double[4 * 3 * 16];
    for (int i = 0; i < far.length; i++) {
      far[i] = (i % 7 - 3) / 2.0;
    }
    arguments.get(1).set(far);
    try (Executable plain = runtime.load(free);
        Executable kept =
            runtime.load(model.denoiser(4, false, true, dev.tessera.models.graph.Target.CPU))) {
      double[] expected =
          java.util.Arrays.stream(denoised(plain, arguments))
              .map(v -> Math.min(1, Math.max(-1, v)))
              .toArray();
      assertThat(expected).contains(1, -1);
      assertThat(denoised(kept, arguments)).containsExactly(expected);
    } finally {
      free(arguments);
    }
  }

  @Test
  void guidanceExtrapolatesFromTheUnconditionalDenoiser() {
    DiffusionModel model =
        new DiffusionModel(recipe(DIT, LogNormal.defaults(), true, 0.1), Signal.pixels(4, 4), 2);
    Program guided = model.denoiser(4, true);
    Program plain = model.denoiser(4, false);
    List<NativeTensor> arguments = arguments(guided, 8, 0, 1);
    NativeTensor sigma = arguments.get(2);
    sigma.set(0.7);
    NativeTensor label = arguments.get(3);
    try (Executable guide = runtime.load(guided);
        Executable single = runtime.load(plain)) {
      double[] conditional = denoised(single, arguments.subList(0, 4));
      double[] at1 = guidedBy(guide, arguments, 1);
      double[] at0 = guidedBy(guide, arguments, 0);
      double[] at3 = guidedBy(guide, arguments, 3);
      label.set(2, 2, 2, 2);
      double[] unconditional = denoised(single, arguments.subList(0, 4));
      assertThat(at1).containsExactly(conditional, within(1e-5));
      assertThat(at0).containsExactly(unconditional, within(1e-5));
      double[] extrapolated = new double[at3.length];
      double apart = 0;
      for (int i = 0; i < at3.length; i++) {
        apart = Math.max(apart, Math.abs(conditional[i] - unconditional[i]));
        extrapolated[i] = unconditional[i] + 3 * (conditional[i] - unconditional[i]);
      }
      assertThat(apart).as("the class matters").isGreaterThan(1e-3);
      assertThat(at3).containsExactly(extrapolated, within(1e-4));
    } finally {
      free(arguments);
    }
  }

  private static double[] guidedBy(
      Executable guide, List<NativeTensor> arguments, double guidance) {
    arguments.get(4).set(guidance);
    return denoised(guide, arguments);
  }

  private static double[] denoised(Executable program, List<NativeTensor> arguments) {
    try (Results results = program.run(arguments)) {
      return results.get(0).toDoubles();
    }
  }

  @Test
  void programsOfSamplingKeepTheContract() {
    for (BackboneRecipe backbone : List.of(DIT, UNET)) {
      DiffusionModel model =
          new DiffusionModel(
              recipe(backbone, LogNormal.defaults(), true, 0.1), Signal.pixels(4, 4), 2);
      ProgramContract.verify(runtime, model.denoiser(3, false), 1);
      ProgramContract.verify(runtime, model.denoiser(3, true), 2);
      ProgramContract.verify(runtime, model.stored(3), 3);
      ProgramContract.verify(runtime, gradient(model, 3, Segmentation.WHOLE), 4);
    }
  }

  @Test
  void pixelsAndLatentsReturnToWhatWasStored() {
    DiffusionRecipe recipe = recipe(DIT, LogNormal.defaults(), false, 0);
    DiffusionModel pixels = new DiffusionModel(recipe, Signal.pixels(2, 2), 0);
    try (Executable stored = runtime.load(pixels.stored(1));
        NativeTensor x = runtime.zeros(DType.FLOAT64, Shape.of(1, 3, 2, 2))) {
      // [-1, 1] is [-0.5, 0.5] at the standard deviation of the data, times two.
      x.set(-1, -2, 1, 2, 0, 0.5, -0.5, 0, 0, 0, 0, 0);
      try (Results results = stored.run(x)) {
        int[] found = new int[7];
        for (int i = 0; i < 7; i++) {
          found[i] = results.get(0).memory().get(i) & 255;
        }
        assertThat(found).containsExactly(0, 0, 255, 255, 128, 191, 64);
      }
    }
    DiffusionModel latents = new DiffusionModel(recipe, Signal.latents(1, 2, 2, 3, 4), 0);
    try (Executable stored = runtime.load(latents.stored(1));
        NativeTensor x = runtime.zeros(DType.FLOAT64, Shape.of(1, 1, 2, 2))) {
      x.set(0, 0.5, -0.5, 1);
      try (Results results = stored.run(x)) {
        assertThat(results.get(0).toFloats()).containsExactly(3f, 7f, -1f, 11f);
      }
    }
    DiffusionModel wider =
        new DiffusionModel(recipe.withSigmaData(1), Signal.latents(1, 2, 2, 3, 4), 0);
    try (Executable stored = runtime.load(wider.stored(1));
        NativeTensor x = runtime.zeros(DType.FLOAT64, Shape.of(1, 1, 2, 2))) {
      x.set(0, 0.5, -0.5, 1);
      try (Results results = stored.run(x)) {
        assertThat(results.get(0).toFloats()).containsExactly(3f, 5f, 1f, 7f);
      }
    }
  }

  @Test
  void mirroredLatentsAreRefusedAndAnOldModelThatLearntThemIsNot() {
    DiffusionRecipe recipe = recipe(DIT, LogNormal.defaults(), false, 0).withFlip(true);
    DiffusionModel latents = new DiffusionModel(recipe, Signal.latents(1, 4, 4, 0, 1), 0);
    assertThatThrownBy(() -> new DiffusionObjective(latents, 1, 4, Segmentation.WHOLE))
        .hasMessageStartingWith("flip: true (expected: false, mirrored latents are not those");
    DiffusionModel pixels = new DiffusionModel(recipe, Signal.pixels(4, 4), 0);
    assertThat(new DiffusionObjective(pixels, 1, 4, Segmentation.WHOLE).phases()).hasSize(1);
  }

  @Test
  void dataHaveADeviation() {
    DiffusionRecipe recipe = recipe(DIT, LogNormal.defaults(), false, 0);
    for (double wrong : new double[] {0, -1, Double.NaN, Double.POSITIVE_INFINITY}) {
      assertThatThrownBy(() -> recipe.withSigmaData(wrong))
          .hasMessage("sigmaData: " + wrong + " (expected: above 0, finite)");
    }
  }

  @Test
  void aConditionalRecipeNeedsClasses() {
    DiffusionRecipe recipe = recipe(DIT, LogNormal.defaults(), true, 0.1);
    assertThatThrownBy(() -> new DiffusionModel(recipe, Signal.pixels(4, 4), 0))
        .hasMessage("classConditional: true (expected: false, the data set has no labels)");
    DiffusionRecipe free = recipe(DIT, LogNormal.defaults(), false, 0.1);
    assertThat(new DiffusionModel(free, Signal.pixels(4, 4), 7).classes()).isZero();
  }
}
