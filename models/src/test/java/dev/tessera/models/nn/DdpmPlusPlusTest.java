package dev.tessera.models.nn;

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
import dev.tessera.models.graph.Tensor;
import dev.tessera.models.graph.Trace;
import dev.tessera.models.runtime.Executable;
import dev.tessera.models.runtime.Libtorch;
import dev.tessera.models.runtime.NativeTensor;
import dev.tessera.models.runtime.Results;
import dev.tessera.models.runtime.TorchRuntime;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The network against its arithmetic, against plain loops and against differences. */
final class DdpmPlusPlusTest {

  private static final int N = 2;
  private static final int SIDE = 8;
  private static final int CLASSES = 3;
  private static final BackboneRecipe.DdpmPlusPlus TINY =
      new BackboneRecipe.DdpmPlusPlus(8, List.of(1, 2), 1, List.of(8), 0.25);

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

  // Counts: every layer of EDM's configuration for CIFAR-10, from its description.

  private static long conv(long in, long out, int kernel) {
    return in * out * kernel * kernel + out;
  }

  /** Norm and convolution, the condition's shift, norm and convolution; a skip of 1 x 1. */
  private static long block(long in, long out, boolean skip) {
    long condition = 4 * 128;
    return 2 * in
        + conv(in, out, 3)
        + (condition + 1) * out
        + 2 * out
        + conv(out, out, 3)
        + (skip ? conv(in, out, 1) : 0);
  }

  private static long attention(long features) {
    return 2 * features + conv(features, 3 * features, 1) + conv(features, features, 1);
  }

  private static long expected() {
    long embedding = (128 + 1) * 512 + (512 + 1) * 512;
    long ends = conv(3, 128, 3) + 2 * 256 + conv(256, 3, 3);
    // At 32: four blocks, the first of which widens; at 16 and 8 one that halves before them.
    long down = block(128, 256, true) + 3 * block(256, 256, false);
    down += 2 * (block(256, 256, true) + 4 * block(256, 256, false)) + 4 * attention(256);
    long middle = 2 * block(256, 256, false) + attention(256);
    // Five blocks a level meet the skips of four blocks and of what came before them, which at 32
    // is the first convolution; above 8 one that doubles before them.
    long up = 14 * block(512, 256, true) + block(384, 256, true);
    up += 2 * block(256, 256, true) + attention(256);
    return embedding + ends + down + middle + up;
  }

  @Test
  void edmsNetworkForCifarHasItsParameters() {
    Scope scope = Scope.group("net");
    BackboneRecipe.DdpmPlusPlus.defaults().build(scope, 3, 32, 32, 0);
    assertThat(scope.layout().size()).isEqualTo(expected()).isEqualTo(55_732_739);
    // EDM's own has 128 weights more for each of the 9 numbers that say how a picture was
    // augmented.
    assertThat(scope.layout().size() + 9 * 128).isEqualTo(55_733_891);
    Scope labelled = Scope.group("net");
    BackboneRecipe.DdpmPlusPlus.defaults().build(labelled, 3, 32, 32, 10);
    assertThat(labelled.layout().size()).isEqualTo(expected() + 11 * 128);
  }

  @Test
  void aPassCostsItsConvolutionsAndAttention() {
    Scope scope = Scope.group("net");
    Backbone backbone = BackboneRecipe.DdpmPlusPlus.defaults().build(scope, 3, 32, 32, 0);
    Trace trace = new Trace("forward", Precision.FP32);
    Tensor flat = trace.input("flat", DType.FLOAT32, Shape.of(scope.layout().size()));
    Tensor x = trace.input("x", DType.FLOAT32, Shape.of(2, 3, 32, 32));
    Tensor noise = trace.input("noise", DType.FLOAT32, Shape.of(2));
    trace.bind(scope.layout(), flat);
    double flops = trace.finish(backbone.apply(x, noise, null)).flops() / 2;
    // In products of 256 x 256 a pixel: a block has 18, one that widens from 128 has 13.5; on the
    // way up 27 and a skip of 2, from 384 features 22.5 and 1.5; attention 4 and its scores.
    double unit = 256 * 256;
    double at32 = 13.5 + 0.5 + 3 * 18 + (18 + 0.25) + 4 * 29 + (22.5 + 1.5);
    double at16 = 18 + 1 + 4 * 18 + (18 + 0.25) + 5 * 29 + 5 * 4;
    double at8 = 18 + 1 + 4 * 18 + 2 * 18 + 5 * 29 + 4;
    double scores = 5 * 2 * 256. * 256 * 256 + 2 * 64. * 64 * 256;
    double ends = 1024 * 9 * 3 * (128 + 256);
    double shifts = 33 * 512 * 256 + 512 * 512 + 128 * 512;
    double products = unit * (at32 * 1024 + at16 * 256 + at8 * 64) + scores + ends + shifts;
    assertThat(flops).isBetween(2 * products, 1.02 * 2 * products);
  }

  // The network in plain loops.

  /** Parameters by name, drawn so that none is small. */
  @SuppressWarnings("ArrayRecordComponent") // Never compared or hashed.
  private record Weights(Layout layout, double[] flat) {
    static Weights draw(Layout layout, long seed) {
      SplittableRandom random = new SplittableRandom(seed);
      return new Weights(layout, random.doubles(layout.size(), -0.3, 0.3).toArray());
    }

    double[] get(String name) {
      Layout.Slice slice = layout.slices().get(name);
      double[] values = new double[Math.toIntExact(slice.size())];
      System.arraycopy(flat, Math.toIntExact(slice.offset()), values, 0, values.length);
      return values;
    }
  }

  private static double[][][][] conv(
      Weights weights, String name, double[][][][] x, int kernel, double[] bias) {
    return Doubles.conv(x, weights.get(name + ".weight"), bias, kernel, 1, kernel / 2);
  }

  private static double[][][][] conv(Weights weights, String name, double[][][][] x, int kernel) {
    return conv(weights, name, x, kernel, weights.get(name + ".bias"));
  }

  private static double[][][][] norm(Weights weights, String name, double[][][][] x) {
    int groups = Math.min(32, x[0].length / 4);
    return Doubles.groupNorm(
        x, groups, weights.get(name + ".weight"), weights.get(name + ".bias"), 1e-6);
  }

  private interface Resize {
    double[][][][] of(double[][][][] x);
  }

  private static double[][][][] block(
      Weights w, String name, double[][][][] x, double[][] condition, Resize resize) {
    double balance = Math.sqrt(0.5);
    double[][][][] h = Doubles.silu(norm(w, name + ".norm1", x));
    h = conv(w, name + ".conv1", resize.of(h), 3);
    double[][] shift =
        Doubles.linear(
            condition, w.get(name + ".condition.weight"), w.get(name + ".condition.bias"));
    h = Doubles.silu(norm(w, name + ".norm2", Doubles.shifted(h, shift)));
    h = conv(w, name + ".conv2", h, 3);
    boolean skip = w.layout.slices().containsKey(name + ".skip.weight");
    double[][][][] beside = skip ? conv(w, name + ".skip", resize.of(x), 1) : x;
    double[][][][] sum = Doubles.sum(h, beside, balance);
    if (!w.layout.slices().containsKey(name + ".attention.qkv.weight")) {
      return sum;
    }
    double[][][][] attended =
        Doubles.attention(
            conv(w, name + ".attention.qkv", norm(w, name + ".attention.norm", sum), 1));
    return Doubles.sum(conv(w, name + ".attention.output", attended, 1), sum, balance);
  }

  /** Two levels of one block: 8 and 16 features, at sides 8 and 4. */
  private static double[][][][] tiny(
      Weights w, double[][][][] x, double[] noise, long[] label, boolean labels) {
    double[][] condition = new double[noise.length][8];
    for (int n = 0; n < noise.length; n++) {
      for (int i = 0; i < 4; i++) {
        double angle = noise[n] * Math.pow(1e-4, i / 3.0);
        condition[n][i] = Math.sin(angle);
        condition[n][4 + i] = Math.cos(angle);
      }
      for (int i = 0; labels && i < 8; i++) {
        condition[n][i] += w.get("noise.label.bias")[i];
        if (label[n] < CLASSES) {
          double[] table = w.get("noise.label.weight");
          condition[n][i] += Math.sqrt(CLASSES) * table[i * CLASSES + (int) label[n]];
        }
      }
    }
    condition =
        Doubles.silu(Doubles.linear(condition, w.get("noise.in.weight"), w.get("noise.in.bias")));
    condition =
        Doubles.silu(Doubles.linear(condition, w.get("noise.out.weight"), w.get("noise.out.bias")));
    Resize same = t -> t;
    double[][][][] a = conv(w, "input", x, 3);
    double[][][][] b = block(w, "down.0.0", a, condition, same);
    double[][][][] c = block(w, "down.1.halve", b, condition, Doubles::halved);
    double[][][][] d = block(w, "down.1.0", c, condition, same);
    double[][][][] h = block(w, "middle.0", d, condition, same);
    h = block(w, "middle.1", h, condition, same);
    h = block(w, "up.1.0", Doubles.joined(h, d), condition, same);
    h = block(w, "up.1.1", Doubles.joined(h, c), condition, same);
    h = block(w, "up.0.double", h, condition, Doubles::doubled);
    h = block(w, "up.0.0", Doubles.joined(h, b), condition, same);
    h = block(w, "up.0.1", Doubles.joined(h, a), condition, same);
    return conv(w, "output", Doubles.silu(norm(w, "norm", h)), 3);
  }

  private static double[] drawn(int n, long seed) {
    return new SplittableRandom(seed).doubles(n, -1, 1).toArray();
  }

  @Test
  void thePassAgreesWithPlainLoops() {
    for (int classes : new int[] {0, CLASSES}) {
      Scope scope = Scope.group("net");
      Backbone backbone = TINY.build(scope, 3, SIDE, SIDE, classes);
      Layout layout = scope.layout();
      Weights weights = Weights.draw(layout, 5);
      Trace trace = new Trace("forward", Precision.FP64);
      Tensor flat = trace.input("flat", DType.FLOAT64, Shape.of(layout.size()));
      Tensor x = trace.input("x", DType.FLOAT64, Shape.of(N, 3, SIDE, SIDE));
      Tensor noise = trace.input("noise", DType.FLOAT64, Shape.of(N));
      Tensor label = trace.input("label", DType.INT64, Shape.of(N));
      trace.bind(layout, flat);
      Tensor y = backbone.apply(x, noise, classes > 0 ? label : null);
      // The last label is that of no class.
      long[] labels = {1, CLASSES};
      double[] levels = {-0.7, 1.3};
      double[] picture = drawn(N * 3 * SIDE * SIDE, 6);
      try (Executable program = runtime.load(trace.finish(y));
          NativeTensor f = runtime.zeros(DType.FLOAT64, Shape.of(layout.size()));
          NativeTensor p = runtime.zeros(DType.FLOAT64, x.shape());
          NativeTensor s = runtime.zeros(DType.FLOAT64, Shape.of(N));
          NativeTensor l = runtime.zeros(DType.INT64, Shape.of(N))) {
        f.set(weights.flat);
        p.set(picture);
        s.set(levels);
        l.set(labels);
        try (Results results = program.run(f, p, s, l)) {
          double[] expected =
              Doubles.flat(
                  tiny(
                      weights, Doubles.pictures(picture, N, 3, SIDE), levels, labels, classes > 0));
          double[] found = results.get(0).toDoubles();
          assertThat(found).hasSameSizeAs(expected);
          for (int i = 0; i < found.length; i++) {
            assertThat(found[i]).isCloseTo(expected[i], within(1e-10));
          }
          assertThat(Math.abs(expected[0])).isGreaterThan(1e-3);
        }
      }
    }
  }

  // Gradients, with dropout.

  /** {@code (flat, x, noise, key) -> gradient, loss} of a fixed linear function of the result. */
  private static Program gradient(int pictures, Segmentation segmentation) {
    Scope scope = Scope.group("net");
    Backbone backbone = TINY.build(scope, 3, SIDE, SIDE, 0);
    Layout layout = scope.layout();
    Trace trace = new Trace("gradient", Precision.FP64);
    Tensor flat = trace.input("flat", DType.FLOAT64, Shape.of(layout.size()));
    Tensor x = trace.input("x", DType.FLOAT64, Shape.of(pictures, 3, SIDE, SIDE));
    Tensor noise = trace.input("noise", DType.FLOAT64, Shape.of(pictures));
    trace.randomness(trace.scalar("key", DType.INT64));
    List<Tensor> losses = new ArrayList<>();
    Tensor gradient =
        trace.gradient(
            layout,
            flat,
            segmentation,
            () -> {
              losses.add(backbone.apply(x, noise, null).mul(x).sumAll());
              return losses.get(0);
            });
    return trace.finish(gradient, losses.get(0).detach());
  }

  /** Arguments of {@link #gradient}, and its two results. */
  private static double[][] run(Executable program, double[] weights, long key) {
    try (NativeTensor f = runtime.zeros(DType.FLOAT64, Shape.of(weights.length));
        NativeTensor p = runtime.zeros(DType.FLOAT64, Shape.of(N, 3, SIDE, SIDE));
        NativeTensor s = runtime.zeros(DType.FLOAT64, Shape.of(N));
        NativeTensor k = runtime.scalar(key)) {
      f.set(weights);
      p.set(drawn(N * 3 * SIDE * SIDE, 6));
      s.set(-0.7, 1.3);
      try (Results results = program.run(f, p, s, k)) {
        return new double[][] {results.get(0).toDoubles(), results.get(1).toDoubles()};
      }
    }
  }

  private static double[] weights() {
    Scope scope = Scope.group("net");
    TINY.build(scope, 3, SIDE, SIDE, 0);
    return Weights.draw(scope.layout(), 5).flat;
  }

  @Test
  void gradientsAgreeWithDifferencesUnderDropout() {
    double[] at = weights();
    SplittableRandom random = new SplittableRandom(8);
    double step = 1e-6;
    try (Executable program = runtime.load(gradient(N, Segmentation.WHOLE))) {
      double[] gradient = run(program, at, 3)[0];
      for (int trial = 0; trial < 6; trial++) {
        double[] direction = random.doubles(at.length, -1, 1).toArray();
        double[] above = at.clone();
        double[] below = at.clone();
        double slope = 0;
        for (int i = 0; i < at.length; i++) {
          above[i] += step * direction[i];
          below[i] -= step * direction[i];
          slope += gradient[i] * direction[i];
        }
        double difference =
            (run(program, above, 3)[1][0] - run(program, below, 3)[1][0]) / (2 * step);
        assertThat(slope).isCloseTo(difference, within(1e-6 * (1 + Math.abs(difference))));
      }
    }
  }

  @Test
  void recomputedBlocksDropTheSameActivations() {
    double[] at = weights();
    try (Executable whole = runtime.load(gradient(N, Segmentation.WHOLE));
        Executable cut = runtime.load(gradient(N, Segmentation.RECOMPUTE))) {
      double[][] expected = run(whole, at, 3);
      double[][] found = run(cut, at, 3);
      assertThat(found[1]).isEqualTo(expected[1]);
      double scale = 0;
      for (double g : expected[0]) {
        scale = Math.max(scale, Math.abs(g));
      }
      for (int i = 0; i < expected[0].length; i++) {
        assertThat(found[0][i]).isCloseTo(expected[0][i], within(1e-13 * scale));
      }
      assertThat(run(cut, at, 4)[1]).as("of another key").isNotEqualTo(expected[1]);
    }
    long kept = gradient(64, Segmentation.WHOLE).workingBytes();
    assertThat(gradient(64, Segmentation.RECOMPUTE).workingBytes()).isLessThan(kept / 2);
  }

  @Test
  void shapesThatDoNotFitAreRefused() {
    Scope scope = Scope.group("net");
    assertThatThrownBy(() -> TINY.build(scope, 3, 32, 32, 0))
        .hasMessage("attention-resolutions: [8] (expected: some of [32, 16])");
    assertThatThrownBy(() -> TINY.build(scope, 3, 8, 16, 0))
        .hasMessageContaining("pictures of 8 x 16 are not square");
    assertThatThrownBy(() -> TINY.build(scope, 3, 7, 7, 0)).hasMessageStartingWith("multipliers: ");
    assertThatThrownBy(() -> new BackboneRecipe.DdpmPlusPlus(8, List.of(1), 1, List.of(), 1))
        .hasMessage("dropout: 1.0 (expected: 0 or more, below 1)");
  }
}
