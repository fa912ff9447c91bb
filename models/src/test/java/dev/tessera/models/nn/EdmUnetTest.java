package dev.tessera.models.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Hash;
import dev.tessera.models.graph.Precision;
import dev.tessera.models.graph.Scope;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.Tensor;
import dev.tessera.models.graph.Trace;
import dev.tessera.models.runtime.Executable;
import dev.tessera.models.runtime.Libtorch;
import dev.tessera.models.runtime.NativeTensor;
import dev.tessera.models.runtime.Results;
import dev.tessera.models.runtime.TorchRuntime;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** NCSN++ and ADM against plain loops, of two levels of one block at sides 8 and 4. */
final class EdmUnetTest {

  private static final int SIDE = 8;
  private static final int CLASSES = 3;
  private static final int AUGMENT = 2;
  private static final BackboneShape SHAPE =
      BackboneShape.of(3, SIDE, SIDE, CLASSES).withAugment(AUGMENT);

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

  /** What the two networks do differently. */
  private interface Form {
    double[][] condition(NetworkProbe net);

    double balance();

    double eps();

    int heads(int features);

    boolean shiftsAlone();

    double[][][][] halved(double[][][][] x);

    double[][][][] doubled(double[][][][] x);
  }

  private static final class Ncsn implements Form {
    private final double[] frequencies;

    Ncsn(double[] frequencies) {
      this.frequencies = frequencies;
    }

    @Override
    public double[][] condition(NetworkProbe net) {
      int features = 2 * frequencies.length;
      double[][] c = new double[NetworkProbe.N][features];
      for (int n = 0; n < c.length; n++) {
        for (int i = 0; i < frequencies.length; i++) {
          double angle = 2 * Math.PI * 16 * frequencies[i] * net.noise()[n];
          c[n][i] = Math.sin(angle);
          c[n][frequencies.length + i] = Math.cos(angle);
        }
        for (int i = 0; i < features; i++) {
          c[n][i] += net.get("noise.label.bias")[i] + Math.sqrt(CLASSES) * label(net, n, i);
        }
      }
      augment(net, c);
      c = Doubles.silu(layer(net, "noise.in", c));
      return Doubles.silu(layer(net, "noise.out", c));
    }

    @Override
    public double balance() {
      return Math.sqrt(0.5);
    }

    @Override
    public double eps() {
      return 1e-6;
    }

    @Override
    public int heads(int features) {
      return 1;
    }

    @Override
    public boolean shiftsAlone() {
      return true;
    }

    @Override
    public double[][][][] halved(double[][][][] x) {
      return Doubles.filteredHalf(x, 1);
    }

    @Override
    public double[][][][] doubled(double[][][][] x) {
      return Doubles.filteredDouble(x);
    }
  }

  private static final class Adm implements Form {
    @Override
    public double[][] condition(NetworkProbe net) {
      double[][] c = new double[NetworkProbe.N][8];
      for (int n = 0; n < c.length; n++) {
        for (int i = 0; i < 4; i++) {
          double angle = net.noise()[n] * Math.pow(1e-4, i / 4.0);
          c[n][i] = Math.cos(angle);
          c[n][4 + i] = Math.sin(angle);
        }
      }
      augment(net, c);
      c = layer(net, "noise.out", Doubles.silu(layer(net, "noise.in", c)));
      for (int n = 0; n < c.length; n++) {
        for (int i = 0; i < c[n].length; i++) {
          c[n][i] += label(net, n, i);
        }
      }
      return Doubles.silu(c);
    }

    @Override
    public double balance() {
      return 1;
    }

    @Override
    public double eps() {
      return 1e-5;
    }

    @Override
    public int heads(int features) {
      return features / 4;
    }

    @Override
    public boolean shiftsAlone() {
      return false;
    }

    @Override
    public double[][][][] halved(double[][][][] x) {
      return Doubles.halved(x);
    }

    @Override
    public double[][][][] doubled(double[][][][] x) {
      return Doubles.doubled(x);
    }
  }

  /** The class's part of feature i; 0 for the label of no class. */
  private static double label(NetworkProbe net, int n, int i) {
    int label = (int) net.labels()[n];
    return label == CLASSES ? 0 : net.get("noise.label.weight")[i * CLASSES + label];
  }

  private static void augment(NetworkProbe net, double[][] c) {
    for (int n = 0; n < c.length; n++) {
      for (int i = 0; i < c[n].length; i++) {
        for (int k = 0; k < AUGMENT; k++) {
          c[n][i] +=
              net.get("noise.augment.weight")[i * AUGMENT + k] * net.augment()[n * AUGMENT + k];
        }
      }
    }
  }

  private static double[][] layer(NetworkProbe net, String name, double[][] x) {
    return Doubles.linear(x, net.get(name + ".weight"), net.get(name + ".bias"));
  }

  private static double[][][][] conv(NetworkProbe net, String name, double[][][][] x, int kernel) {
    return Doubles.conv(
        x, net.get(name + ".weight"), net.get(name + ".bias"), kernel, 1, kernel / 2);
  }

  private static double[][][][] norm(NetworkProbe net, String name, double[][][][] x, double eps) {
    int groups = Math.min(32, x[0].length / 4);
    return Doubles.groupNorm(x, groups, net.get(name + ".weight"), net.get(name + ".bias"), eps);
  }

  private interface Resize {
    double[][][][] of(double[][][][] x);
  }

  private static double[][][][] block(
      NetworkProbe net,
      Form form,
      String name,
      double[][][][] x,
      double[][] condition,
      Resize resize) {
    double[][][][] h = Doubles.silu(norm(net, name + ".norm1", x, form.eps()));
    h = conv(net, name + ".conv1", resize.of(h), 3);
    double[][] shift = layer(net, name + ".condition", condition);
    h =
        form.shiftsAlone()
            ? norm(net, name + ".norm2", Doubles.shifted(h, shift), form.eps())
            : modulated(norm(net, name + ".norm2", h, form.eps()), shift);
    h = conv(net, name + ".conv2", Doubles.silu(h), 3);
    double[][][][] resized = resize.of(x);
    double[][][][] beside =
        net.has(name + ".skip.weight") ? conv(net, name + ".skip", resized, 1) : resized;
    double[][][][] sum = Doubles.sum(h, beside, form.balance());
    if (!net.has(name + ".attention.qkv.weight")) {
      return sum;
    }
    double[][][][] qkv =
        conv(net, name + ".attention.qkv", norm(net, name + ".attention.norm", sum, form.eps()), 1);
    double[][][][] attended = Doubles.attention(qkv, form.heads(sum[0].length));
    return Doubles.sum(conv(net, name + ".attention.output", attended, 1), sum, form.balance());
  }

  /** {@code x (1 + scale) + shift}; scale comes first. */
  private static double[][][][] modulated(double[][][][] x, double[][] scaleShift) {
    int features = x[0].length;
    double[][][][] y = new double[x.length][features][x[0][0].length][x[0][0][0].length];
    for (int n = 0; n < x.length; n++) {
      for (int c = 0; c < features; c++) {
        for (int i = 0; i < x[n][c].length; i++) {
          for (int j = 0; j < x[n][c][i].length; j++) {
            y[n][c][i][j] = x[n][c][i][j] * (1 + scaleShift[n][c]) + scaleShift[n][features + c];
          }
        }
      }
    }
    return y;
  }

  private static double[] plain(NetworkProbe net, Form form) {
    double[][] condition = form.condition(net);
    double[][][][] x = Doubles.pictures(net.x(), NetworkProbe.N, 3, SIDE);
    Resize same = t -> t;
    double[][][][] a = conv(net, "input", x, 3);
    double[][][][] b = block(net, form, "down.0.0", a, condition, same);
    double[][][][] c = block(net, form, "down.1.halve", b, condition, form::halved);
    if (net.has("down.1.picture.weight")) {
      double[][][][] wide = conv(net, "down.1.picture", Doubles.padded(x), 3);
      c = Doubles.sum(c, Doubles.filteredHalf(wide, 0), Math.sqrt(0.5));
    }
    double[][][][] d = block(net, form, "down.1.0", c, condition, same);
    double[][][][] h = block(net, form, "middle.0", d, condition, same);
    h = block(net, form, "middle.1", h, condition, same);
    h = block(net, form, "up.1.0", Doubles.joined(h, d), condition, same);
    h = block(net, form, "up.1.1", Doubles.joined(h, c), condition, same);
    h = block(net, form, "up.0.double", h, condition, form::doubled);
    h = block(net, form, "up.0.0", Doubles.joined(h, b), condition, same);
    h = block(net, form, "up.0.1", Doubles.joined(h, a), condition, same);
    return Doubles.flat(conv(net, "output", Doubles.silu(norm(net, "norm", h, form.eps())), 3));
  }

  private static void agrees(double[] found, double[] expected) {
    assertThat(found).hasSameSizeAs(expected);
    for (int i = 0; i < found.length; i++) {
      assertThat(found[i]).isCloseTo(expected[i], within(1e-10 * (1 + Math.abs(expected[i]))));
    }
    assertThat(Math.abs(expected[0])).isGreaterThan(1e-3);
  }

  /** Standard normal numbers that are the same for good. */
  private static double[] fixedNormal(int count) {
    Trace trace = new Trace("frequencies", Precision.FP64);
    trace.input("none", DType.FLOAT64, Shape.of(1));
    try (Executable program = runtime.load(trace.finish(trace.fixedNormal(0, Shape.of(count))));
        NativeTensor none = runtime.zeros(DType.FLOAT64, Shape.of(1));
        Results results = program.run(none)) {
      return results.get(0).toDoubles();
    }
  }

  @Test
  void ncsnAgreesWithPlainLoops() {
    BackboneRecipe recipe = new BackboneRecipe.NcsnPlusPlus(8, List.of(1, 2), 1, List.of(8), 0.25);
    NetworkProbe net = new NetworkProbe(runtime, recipe, SHAPE.withOutputs(5));
    agrees(net.forward(), plain(net, new Ncsn(fixedNormal(8))));
  }

  @Test
  void admAgreesWithPlainLoops() {
    BackboneRecipe recipe = new BackboneRecipe.Adm(8, List.of(1, 2), 1, List.of(4), 4, 0.25);
    NetworkProbe net = new NetworkProbe(runtime, recipe, SHAPE.withOutputs(6));
    agrees(net.forward(), plain(net, new Adm()));
  }

  @Test
  void fixedNumbersAreThoseOfEveryRun() {
    // A checkpoint is of no use to a network with other frequencies: these never change.
    long hash = 0;
    for (double value : fixedNormal(64)) {
      hash = Hash.of(hash, Math.round(value * 0x1p20));
    }
    assertThat(hash).isEqualTo(-3_168_028_094_459_632_967L);
    double[] many = fixedNormal(4096);
    double mean = java.util.Arrays.stream(many).average().orElseThrow();
    double square = java.util.Arrays.stream(many).map(v -> v * v).average().orElseThrow();
    assertThat(mean).isCloseTo(0, within(4 / Math.sqrt(4096)));
    assertThat(square).isCloseTo(1, within(4 * Math.sqrt(2.0 / 4096)));
  }

  @Test
  void theSmoothFilterKeepsSumsAndItsTransposeIsItsAdjoint() {
    // <half(x), y> = <x, double(y)> / 4, which holds of direct convolutions by their definition.
    Trace trace = new Trace("resampling", Precision.FP64);
    Tensor x = trace.input("x", DType.FLOAT64, Shape.of(1, 2, 6, 6));
    Tensor y = trace.input("y", DType.FLOAT64, Shape.of(1, 2, 3, 3));
    Tensor half = Resampling.BINOMIAL.halved(x);
    Tensor twice = Resampling.BINOMIAL.doubled(y);
    try (Executable program = runtime.load(trace.finish(half, twice));
        NativeTensor px = runtime.zeros(DType.FLOAT64, x.shape());
        NativeTensor py = runtime.zeros(DType.FLOAT64, y.shape())) {
      double[] vx = new java.util.SplittableRandom(1).doubles(72, -1, 1).toArray();
      double[] vy = new java.util.SplittableRandom(2).doubles(18, -1, 1).toArray();
      px.set(vx);
      py.set(vy);
      try (Results results = program.run(px, py)) {
        double[] h = results.get(0).toDoubles();
        double[] d = results.get(1).toDoubles();
        agrees(h, Doubles.flat(Doubles.filteredHalf(Doubles.pictures(vx, 1, 2, 6), 1)));
        agrees(d, Doubles.flat(Doubles.filteredDouble(Doubles.pictures(vy, 1, 2, 3))));
        assertThat(dot(h, vy)).isCloseTo(dot(vx, d) / 4, within(1e-12));
      }
    }
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }

  @Test
  void shapesThatDoNotFitAreRefused() {
    Scope scope = Scope.group("net");
    assertThatThrownBy(
            () ->
                new BackboneRecipe.NcsnPlusPlus(8, List.of(1, 2), 1, List.of(3), 0)
                    .build(scope, 3, 8, 8, 0))
        .hasMessage("attention-resolutions: [3] (expected: some of [8, 4])");
    assertThatThrownBy(() -> BackboneRecipe.Adm.defaults().build(scope, 3, 64, 32, 0))
        .hasMessageStartingWith("type: adm (expected: another network");
    assertThatThrownBy(
            () ->
                new BackboneRecipe.Adm(8, List.of(1, 2), 1, List.of(8), 16, 0)
                    .build(scope, 3, 8, 8, 0))
        .hasMessage("channels-per-head: 16 (expected: a divisor of the 8 features at side 8)");
    assertThatThrownBy(() -> new BackboneRecipe.Adm(8, List.of(1), 1, List.of(), 4, 1))
        .hasMessage("dropout: 1.0 (expected: 0 or more, below 1)");
    assertThatThrownBy(() -> BackboneShape.of(0, 1, 1, 1))
        .hasMessage("channels: 0 (expected: 1 or more)");
  }
}
