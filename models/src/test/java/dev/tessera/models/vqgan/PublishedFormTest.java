package dev.tessera.models.vqgan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Layout;
import dev.tessera.models.graph.Precision;
import dev.tessera.models.graph.Program;
import dev.tessera.models.graph.Scope;
import dev.tessera.models.graph.Segmentation;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.Target;
import dev.tessera.models.graph.Tensor;
import dev.tessera.models.graph.Trace;
import dev.tessera.models.nn.Doubles;
import dev.tessera.models.runtime.Executable;
import dev.tessera.models.runtime.Libtorch;
import dev.tessera.models.runtime.NativeTensor;
import dev.tessera.models.runtime.Results;
import dev.tessera.models.runtime.TorchRuntime;
import dev.tessera.models.train.TrainingPrecision;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Encoder and decoder of Esser et al. 2021 by count and by plain loops. */
final class PublishedFormTest {

  private static final VqganRecipe.Network F16 =
      new VqganRecipe.Network(
          1, 128, List.of(1, 1, 2, 2, 4), 2, true, VqganRecipe.Form.PUBLISHED, List.of(16), 256);

  /** 8 and 16 features at sides 8 and 4. */
  private static final VqganRecipe.Network TINY = attendingAt(4);

  private static final int CODE = 5;
  private static final int SIDE = 8;
  private static final int N = 2;

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

  private static VqganRecipe.Network attendingAt(int side) {
    return new VqganRecipe.Network(
        1, 8, List.of(1, 2), 1, true, VqganRecipe.Form.PUBLISHED, List.of(side), 6);
  }

  private static VqganRecipe recipe(VqganRecipe.Network network, int width, long start) {
    VqganRecipe defaults = VqganRecipe.defaults();
    VqganRecipe.Adversary adversary = defaults.adversary();
    return new VqganRecipe(
        network,
        new VqganRecipe.Codes(64, width, 0.25, 0.99, 0.02),
        defaults.losses(),
        new VqganRecipe.Adversary(64, 3, 0.8, start, adversary.optimizer(), network.form()),
        defaults.optimizer());
  }

  // Counts, layer by layer.

  private static long conv(long in, long out, int kernel) {
    return in * out * kernel * kernel + out;
  }

  private static long residual(long in, long out) {
    return 2 * in
        + conv(in, out, 3)
        + 2 * out
        + conv(out, out, 3)
        + (in == out ? 0 : conv(in, out, 1));
  }

  /** A norm, and maps of one pixel for queries, keys, values and the result. */
  private static long attention(long features) {
    return 2 * features + 4 * conv(features, features, 1);
  }

  private static long count(Layout layout, String prefix) {
    return layout.slices().entrySet().stream()
        .filter(slice -> slice.getKey().startsWith(prefix))
        .mapToLong(slice -> slice.getValue().size())
        .sum();
  }

  @Test
  void theNetworksOfFactorSixteenHaveTheirParameters() {
    Vqgan model = new Vqgan(recipe(F16, 256, 1), 256, 256);
    assertThat(model.latentShape()).isEqualTo(Shape.of(256, 16, 16));
    long middle = 2 * residual(512, 512) + attention(512);
    long encoder = conv(3, 128, 3) + middle + 2 * 512 + conv(512, 256, 3);
    encoder += 4 * residual(128, 128) + 2 * conv(128, 128, 3);
    encoder += residual(128, 256) + 3 * residual(256, 256) + 2 * conv(256, 256, 3);
    encoder += residual(256, 512) + residual(512, 512) + 2 * attention(512);
    long decoder = conv(256, 512, 3) + middle + 2 * 128 + conv(128, 3, 3);
    decoder += 3 * residual(512, 512) + 3 * attention(512) + conv(512, 512, 3);
    decoder += residual(512, 256) + 5 * residual(256, 256) + 2 * conv(256, 256, 3);
    decoder += residual(256, 128) + 5 * residual(128, 128) + conv(128, 128, 3);
    long toCodes = conv(256, 256, 1);
    assertThat(count(model.layout(), "encoder.quantize.")).isEqualTo(toCodes);
    assertThat(count(model.layout(), "decoder.dequantize.")).isEqualTo(toCodes);
    assertThat(count(model.layout(), "encoder.")).isEqualTo(encoder + toCodes);
    assertThat(count(model.layout(), "decoder.")).isEqualTo(decoder + toCodes);
  }

  @Test
  void theDiscriminatorHasALayerAtFullWidth() {
    VqganObjective objective =
        new VqganObjective(new Vqgan(recipe(attendingAt(16), CODE, 1), 32, 32), 1, 2);
    long convolutions =
        conv(3, 64, 4) + conv(64, 128, 4) + conv(128, 256, 4) + conv(256, 512, 4) + conv(512, 1, 4);
    long norms = 2 * (128 + 256 + 512);
    assertThat(objective.groups().get(1).layout().size()).isEqualTo(convolutions + norms);
    // At a side of 16 three layers leave two pixels, of which the last two layers take both.
    assertThatThrownBy(
            () -> new VqganObjective(new Vqgan(recipe(attendingAt(16), CODE, 1), 16, 16), 1, 2))
        .hasMessage("adversary.layers: 3 (expected: layers that can halve 16 pixels)");
  }

  /** Multiplications of a residual block on a map of so many pixels, norms aside. */
  private static double block(double in, double out, double pixels) {
    return 9 * in * out * pixels + 9 * out * out * pixels + (in == out ? 0 : in * out * pixels);
  }

  private static double attended(double features, double pixels) {
    return 4 * features * features * pixels + 2 * pixels * pixels * features;
  }

  @Test
  void aPassCostsItsConvolutions() {
    double p = 16 * 16;
    double middle = 2 * block(512, 512, p) + attended(512, p);
    double encoder = 9 * 3 * 128 * 256 * p + middle + 9 * 512 * 256 * p + 256 * 256 * p;
    encoder += 2 * block(128, 128, 256 * p) + 9 * 128 * 128 * 64 * p;
    encoder += 2 * block(128, 128, 64 * p) + 9 * 128 * 128 * 16 * p;
    encoder += block(128, 256, 16 * p) + block(256, 256, 16 * p) + 9 * 256 * 256 * 4 * p;
    encoder += 2 * block(256, 256, 4 * p) + 9 * 256 * 256 * p;
    encoder += block(256, 512, p) + block(512, 512, p) + 2 * attended(512, p);
    double decoder = 256 * 256 * p + 9 * 256 * 512 * p + middle + 9 * 128 * 3 * 256 * p;
    decoder += 3 * block(512, 512, p) + 3 * attended(512, p) + 9 * 512 * 512 * 4 * p;
    decoder += block(512, 256, 4 * p) + 2 * block(256, 256, 4 * p) + 9 * 256 * 256 * 16 * p;
    decoder += 3 * block(256, 256, 16 * p) + 9 * 256 * 256 * 64 * p;
    decoder += block(256, 128, 64 * p) + 2 * block(128, 128, 64 * p) + 9 * 128 * 128 * 256 * p;
    decoder += 3 * block(128, 128, 256 * p);
    double flops = new Vqgan(recipe(F16, 256, 1), 256, 256).tokenizer(1).flops();
    double products = 2 * (encoder + decoder);
    assertThat(flops).isBetween(products, 1.02 * products);
  }

  // Plain loops.

  @SuppressWarnings("ArrayRecordComponent") // Never compared or hashed.
  private record Weights(Layout layout, double[] flat) {
    double[] get(String name) {
      Layout.Slice slice = layout.slices().get(name);
      double[] values = new double[Math.toIntExact(slice.size())];
      System.arraycopy(flat, Math.toIntExact(slice.offset()), values, 0, values.length);
      return values;
    }

    double[][][][] conv(String name, double[][][][] x, int kernel) {
      return Doubles.conv(x, get(name + ".weight"), get(name + ".bias"), kernel, 1, kernel / 2);
    }

    double[][][][] norm(String name, double[][][][] x) {
      return Doubles.groupNorm(
          x, x[0].length / 4, get(name + ".weight"), get(name + ".bias"), 1e-6);
    }

    double[][][][] residual(String name, double[][][][] x) {
      double[][][][] h = conv(name + ".conv1", Doubles.silu(norm(name + ".norm1", x)), 3);
      h = conv(name + ".conv2", Doubles.silu(norm(name + ".norm2", h)), 3);
      boolean skip = layout.slices().containsKey(name + ".skip.weight");
      return Doubles.sum(skip ? conv(name + ".skip", x, 1) : x, h, 1);
    }

    double[][][][] attention(String name, double[][][][] x) {
      double[][][][] qkv = conv(name + ".qkv", norm(name + ".norm", x), 1);
      return Doubles.sum(x, conv(name + ".output", Doubles.attention(qkv), 1), 1);
    }

    double[][][][] middle(String name, double[][][][] x) {
      return residual(name + ".1", attention(name + ".attention", residual(name + ".0", x)));
    }

    double[][][][] encoded(double[][][][] x) {
      double[][][][] h = residual("down.0.0", conv("input", x, 3));
      // Zeros below and on the right only.
      h = Doubles.conv(h, get("down.1.halve.weight"), get("down.1.halve.bias"), 3, 2, 0);
      h = attention("down.1.0.attention", residual("down.1.0", h));
      h = Doubles.silu(norm("norm", middle("middle", h)));
      return conv("quantize", conv("output", h, 3), 1);
    }

    double[][][][] decoded(double[][][][] z) {
      double[][][][] h = middle("middle", conv("input", conv("dequantize", z, 1), 3));
      h = attention("up.1.0.attention", residual("up.1.0", h));
      h = attention("up.1.1.attention", residual("up.1.1", h));
      h = conv("up.1.enlarge", Doubles.doubled(h), 3);
      h = residual("up.0.1", residual("up.0.0", h));
      return conv("output", Doubles.silu(norm("norm", h)), 3);
    }
  }

  @Test
  void bothAgreeWithPlainLoops() {
    Scope scope = Scope.group("encoder");
    Encoder encoder = new Encoder(scope, TINY, CODE, SIDE);
    agree(scope.layout(), encoder::apply, 3, SIDE, Weights::encoded);
    Scope other = Scope.group("decoder");
    Decoder decoder = new Decoder(other, TINY, CODE, SIDE);
    agree(other.layout(), decoder::apply, CODE, SIDE / 2, Weights::decoded);
  }

  private interface Loops {
    double[][][][] of(Weights weights, double[][][][] x);
  }

  private static void agree(
      Layout layout, UnaryOperator<Tensor> network, int channels, int side, Loops loops) {
    SplittableRandom random = new SplittableRandom(2);
    Weights weights = new Weights(layout, random.doubles(layout.size(), -0.3, 0.3).toArray());
    Shape shape = Shape.of(N, channels, side, side);
    double[] picture = random.doubles(shape.size(), -1, 1).toArray();
    Trace trace = new Trace("network", Precision.FP64);
    Tensor flat = trace.input("flat", DType.FLOAT64, Shape.of(layout.size()));
    Tensor x = trace.input("x", DType.FLOAT64, shape);
    trace.bind(layout, flat);
    try (Executable program = runtime.load(trace.finish(network.apply(x)));
        NativeTensor f = runtime.zeros(DType.FLOAT64, Shape.of(layout.size()));
        NativeTensor p = runtime.zeros(DType.FLOAT64, shape)) {
      f.set(weights.flat);
      p.set(picture);
      try (Results results = program.run(f, p)) {
        double[] expected =
            Doubles.flat(loops.of(weights, Doubles.pictures(picture, N, channels, side)));
        assertThat(results.get(0).toDoubles()).containsExactly(expected, within(1e-9));
      }
    }
  }

  // Recomputed blocks.

  @Test
  void recomputedBlocksGiveTheSameGradient() {
    VqganRecipe.Network compact = new VqganRecipe.Network(1, 8, List.of(1, 2), 1, true);
    for (VqganRecipe.Network network : List.of(attendingAt(16), compact)) {
      VqganRecipe recipe = recipe(network, CODE, 1);
      Program whole = generator(recipe, 2, Segmentation.WHOLE);
      Program cut = generator(recipe, 2, Segmentation.RECOMPUTE);
      List<NativeTensor> arguments = arguments(whole);
      try (Executable a = runtime.load(whole);
          Executable b = runtime.load(cut);
          Results expected = a.run(arguments);
          Results found = b.run(arguments)) {
        assertThat(found.get(1).toFloats()).isEqualTo(expected.get(1).toFloats());
        assertThat(found.get(2).toFloats()).isEqualTo(expected.get(2).toFloats());
        double difference = 0;
        double norm = 0;
        float[] x = expected.get(0).toFloats();
        float[] y = found.get(0).toFloats();
        for (int i = 0; i < x.length; i++) {
          difference += Math.pow(x[i] - y[i], 2);
          norm += Math.pow(x[i], 2);
        }
        assertThat(norm).isPositive();
        assertThat(Math.sqrt(difference / norm)).isLessThan(1e-5);
      } finally {
        arguments.forEach(NativeTensor::close);
      }
      assertThat(generator(recipe, 32, Segmentation.RECOMPUTE).workingBytes())
          .isLessThan(generator(recipe, 32, Segmentation.WHOLE).workingBytes());
    }
  }

  /** The program of the phase in which the discriminator takes part. */
  private static Program generator(VqganRecipe recipe, int pictures, Segmentation segmentation) {
    return new VqganObjective(
            new Vqgan(recipe, 32, 32),
            1,
            pictures,
            segmentation,
            TrainingPrecision.FP32,
            Target.CPU)
        .phases()
        .get(1)
        .gradient();
  }

  private static List<NativeTensor> arguments(Program program) {
    SplittableRandom random = new SplittableRandom(7);
    List<NativeTensor> arguments = new ArrayList<>();
    for (Program.Input input : program.inputs()) {
      NativeTensor tensor = runtime.zeros(input.type().dtype(), input.type().shape());
      var memory = tensor.memory();
      while (memory.hasRemaining()) {
        switch (input.type().dtype()) {
          case FLOAT32 -> memory.putFloat((float) random.nextDouble(-0.2, 0.2));
          case INT64 -> memory.putLong(0);
          default -> memory.put((byte) random.nextInt(256));
        }
      }
      arguments.add(tensor);
    }
    return arguments;
  }

  @Test
  void whatDoesNotFitTheFormIsRefused() {
    assertThatThrownBy(
            () ->
                new VqganRecipe.Network(
                    1, 8, List.of(1), 1, true, VqganRecipe.Form.COMPACT, List.of(8), 0))
        .hasMessage("attentionResolutions: [8] (expected: none in the compact form)");
    assertThatThrownBy(
            () ->
                new VqganRecipe.Network(
                    1, 8, List.of(1), 1, true, VqganRecipe.Form.PUBLISHED, List.of(), 0))
        .hasMessage("latent: 0 (expected: 1 or more in the published form)");
    assertThatThrownBy(() -> new Vqgan(recipe(TINY, CODE, 1), 64, 64))
        .hasMessage(
            "network.attention-resolutions: [4] (expected: some of the levels' heights, [64, 32])");
  }
}
