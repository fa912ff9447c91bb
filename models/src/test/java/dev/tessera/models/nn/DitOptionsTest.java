package dev.tessera.models.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Precision;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.Tensor;
import dev.tessera.models.graph.Trace;
import dev.tessera.models.nn.BackboneRecipe.Dit.FeedForward;
import dev.tessera.models.nn.BackboneRecipe.Dit.Norm;
import dev.tessera.models.nn.BackboneRecipe.Dit.Positions;
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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The transformer and the network for few dimensions against plain loops. */
final class DitOptionsTest {

  private static final int ROWS = 2;
  private static final int COLUMNS = 3;
  private static final int TOKENS = ROWS * COLUMNS;
  private static final int WIDTH = 16;
  private static final int HEADS = 2;
  private static final BackboneShape SHAPE = new BackboneShape(3, 2 * ROWS, 2 * COLUMNS, 6, 4, 2);

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

  private static double[][] layer(NetworkProbe net, String name, double[][] x) {
    return Doubles.linear(x, net.get(name + ".weight"), net.get(name + ".bias"));
  }

  private static double[][] condition(NetworkProbe net, int features) {
    double[][] c = new double[NetworkProbe.N][features];
    for (int n = 0; n < c.length; n++) {
      for (int i = 0; i < features / 2; i++) {
        double angle = 250 * net.noise()[n] * Math.pow(1e-4, 2.0 * i / features);
        c[n][i] = Math.cos(angle);
        c[n][features / 2 + i] = Math.sin(angle);
      }
    }
    c = layer(net, "noise.out", Doubles.silu(layer(net, "noise.in", c)));
    for (int n = 0; n < c.length; n++) {
      for (int i = 0; i < c[n].length; i++) {
        c[n][i] += net.get("noise.label.weight")[(int) net.labels()[n] * c[n].length + i];
        for (int k = 0; k < 2; k++) {
          c[n][i] += net.get("noise.augment.weight")[2 * i + k] * net.augment()[2 * n + k];
        }
      }
    }
    return Doubles.silu(c);
  }

  /** Of one token, by a condition's shift and scale that begin at {@code from}. */
  private static double[] modulated(double[] x, boolean rms, double[] m, int from) {
    int width = x.length;
    double mean = rms ? 0 : Arrays.stream(x).average().orElseThrow();
    double square = Arrays.stream(x).map(v -> (v - mean) * (v - mean)).average().orElseThrow();
    double[] y = new double[width];
    for (int i = 0; i < width; i++) {
      y[i] = (x[i] - mean) / Math.sqrt(square + 1e-6) * (1 + m[from + width + i]) + m[from + i];
    }
    return y;
  }

  /** A head's features at a token, normalised and turned as the recipe says. */
  private static double[] placed(
      double[] token, int from, double[] scale, boolean turns, int row, int column) {
    int d = WIDTH / HEADS;
    double[] x = Arrays.copyOfRange(token, from, from + d);
    if (scale != null) {
      double square = Arrays.stream(x).map(v -> v * v).average().orElseThrow();
      for (int i = 0; i < d; i++) {
        x[i] *= scale[i] / Math.sqrt(square + 1e-6);
      }
    }
    if (!turns) {
      return x;
    }
    double[] y = new double[d];
    for (int i = 0; i < d / 2; i++) {
      int place = i < d / 4 ? row : column;
      double angle = place * Math.pow(10_000, -(i % (d / 4)) / (d / 4.0));
      y[i] = x[i] * Math.cos(angle) - x[i + d / 2] * Math.sin(angle);
      y[i + d / 2] = x[i] * Math.sin(angle) + x[i + d / 2] * Math.cos(angle);
    }
    return y;
  }

  private static double[][] attention(NetworkProbe net, String name, double[][] x, boolean turns) {
    double[][] qkv = layer(net, name + ".qkv", x);
    boolean norm = net.has(name + ".queries.scale");
    double[] queries = norm ? net.get(name + ".queries.scale") : null;
    double[] keys = norm ? net.get(name + ".keys.scale") : null;
    int d = WIDTH / HEADS;
    double[][] y = new double[TOKENS][WIDTH];
    for (int head = 0; head < HEADS; head++) {
      for (int t = 0; t < TOKENS; t++) {
        double[] q = placed(qkv[t], head * d, queries, turns, t / COLUMNS, t % COLUMNS);
        double[] share = new double[TOKENS];
        double total = 0;
        for (int s = 0; s < TOKENS; s++) {
          double[] k = placed(qkv[s], WIDTH + head * d, keys, turns, s / COLUMNS, s % COLUMNS);
          double score = 0;
          for (int i = 0; i < d; i++) {
            score += q[i] * k[i];
          }
          share[s] = Math.exp(score / Math.sqrt(d));
          total += share[s];
        }
        for (int s = 0; s < TOKENS; s++) {
          for (int i = 0; i < d; i++) {
            y[t][head * d + i] += share[s] / total * qkv[s][2 * WIDTH + head * d + i];
          }
        }
      }
    }
    return layer(net, name + ".output", y);
  }

  private static double[][] feedForward(
      NetworkProbe net, String name, double[][] x, boolean gated) {
    double[][] up = layer(net, name + ".up", x);
    int hidden = gated ? up[0].length / 2 : up[0].length;
    double[][] h = new double[x.length][hidden];
    for (int t = 0; t < x.length; t++) {
      for (int i = 0; i < hidden; i++) {
        double v = up[t][i];
        double inner = Math.sqrt(2 / Math.PI) * (v + 0.044715 * v * v * v);
        h[t][i] = gated ? Doubles.silu(v) * up[t][hidden + i] : 0.5 * v * (1 + Math.tanh(inner));
      }
    }
    return layer(net, name + ".down", h);
  }

  /** Picture n's tokens through a block. */
  private static double[][] block(
      NetworkProbe net, BackboneRecipe.Dit recipe, String name, double[][] x, double[] m) {
    boolean rms = recipe.norm() == Norm.RMS;
    boolean turns = recipe.positions() != Positions.SIN_COS;
    double[][] first = new double[TOKENS][];
    for (int t = 0; t < TOKENS; t++) {
      first[t] = modulated(x[t], rms, m, 0);
    }
    double[][] a = attention(net, name + ".attention", first, turns);
    double[][] sum = gated(x, a, m, 2 * WIDTH);
    double[][] second = new double[TOKENS][];
    for (int t = 0; t < TOKENS; t++) {
      second[t] = modulated(sum[t], rms, m, 3 * WIDTH);
    }
    boolean swiglu = recipe.feedForward() == FeedForward.SWIGLU;
    return gated(sum, feedForward(net, name, second, swiglu), m, 5 * WIDTH);
  }

  private static double[][] gated(double[][] x, double[][] delta, double[] m, int from) {
    double[][] y = new double[x.length][WIDTH];
    for (int t = 0; t < x.length; t++) {
      for (int i = 0; i < WIDTH; i++) {
        y[t][i] = x[t][i] + m[from + i] * delta[t][i];
      }
    }
    return y;
  }

  private static double[] plain(NetworkProbe net, BackboneRecipe.Dit recipe) {
    double[][] condition = condition(net, recipe.noiseFeatures());
    double[] x = net.x();
    double[] result = new double[NetworkProbe.N * 6 * 4 * TOKENS];
    for (int n = 0; n < NetworkProbe.N; n++) {
      double[][] patches = new double[TOKENS][12];
      for (int i = 0; i < 12 * TOKENS; i++) {
        int c = i / (4 * TOKENS);
        int row = i / (2 * COLUMNS) % (2 * ROWS);
        int column = i % (2 * COLUMNS);
        int token = row / 2 * COLUMNS + column / 2;
        patches[token][c * 4 + row % 2 * 2 + column % 2] = x[n * 12 * TOKENS + i];
      }
      double[][] h = layer(net, "patches", patches);
      for (int t = 0; net.has("positions") && t < TOKENS; t++) {
        for (int i = 0; i < WIDTH; i++) {
          h[t][i] += net.get("positions")[t * WIDTH + i];
        }
      }
      double[][] one = {condition[n]};
      for (int i = 0; i < recipe.depth(); i++) {
        double[] m = layer(net, "blocks." + i + ".modulation", one)[0];
        h = block(net, recipe, "blocks." + i, h, m);
      }
      double[] m = layer(net, "modulation", one)[0];
      for (int t = 0; t < TOKENS; t++) {
        double[][] last = {modulated(h[t], recipe.norm() == Norm.RMS, m, 0)};
        double[] said = layer(net, "output", last)[0];
        for (int i = 0; i < 24; i++) {
          int row = t / COLUMNS * 2 + i % 4 / 2;
          int column = t % COLUMNS * 2 + i % 2;
          result[((n * 6 + i / 4) * 2 * ROWS + row) * 2 * COLUMNS + column] = said[i];
        }
      }
    }
    return result;
  }

  private static void agrees(double[] found, double[] expected) {
    assertThat(found).hasSameSizeAs(expected);
    for (int i = 0; i < found.length; i++) {
      assertThat(found[i]).isCloseTo(expected[i], within(1e-10 * (1 + Math.abs(expected[i]))));
    }
    assertThat(Math.abs(expected[0])).isGreaterThan(1e-3);
  }

  @ParameterizedTest
  @CsvSource({
    "LAYER, GELU, SIN_COS, false, 128",
    "RMS, GELU, SIN_COS, false, 8",
    "LAYER, SWIGLU, ROTARY, false, 8",
    "LAYER, GELU, BOTH, true, 8",
    "RMS, SWIGLU, ROTARY, true, 8"
  })
  void transformersAgreeWithPlainLoops(
      Norm norm, FeedForward feedForward, Positions positions, boolean qkNorm, int features) {
    BackboneRecipe.Dit recipe =
        new BackboneRecipe.Dit(2, WIDTH, 2, HEADS, norm, feedForward, positions, qkNorm, features);
    NetworkProbe net = new NetworkProbe(runtime, recipe, SHAPE);
    assertThat(net.has("positions")).isEqualTo(positions != Positions.ROTARY);
    agrees(net.forward(), plain(net, recipe));
  }

  @Test
  void productsOfTurnedVectorsDependOnDifferencesOfPlaces() {
    int d = 8;
    int rows = 3;
    int columns = 4;
    Trace trace = new Trace("turned", Precision.FP64);
    Tensor q = trace.input("q", DType.FLOAT64, Shape.of(1, 1, 1, d));
    Tensor k = trace.input("k", DType.FLOAT64, Shape.of(1, 1, 1, d));
    Rotary.Angles angles = new Rotary(rows, columns, d).angles(trace);
    Shape all = Shape.of(1, 1, (long) rows * columns, d);
    Tensor products = angles.turn(q.expand(all)).matmul(angles.turn(k.expand(all)).transpose(2, 3));
    SplittableRandom random = new SplittableRandom(2);
    try (Executable program = runtime.load(trace.finish(products));
        NativeTensor a = runtime.zeros(DType.FLOAT64, q.shape());
        NativeTensor b = runtime.zeros(DType.FLOAT64, k.shape())) {
      for (int trial = 0; trial < 5; trial++) {
        double[] query = random.doubles(d, -1, 1).toArray();
        double[] key = random.doubles(d, -1, 1).toArray();
        a.set(query);
        b.set(key);
        try (Results results = program.run(a, b)) {
          relative(results.get(0).toDoubles(), rows, columns, query, key);
        }
      }
    }
  }

  private static void relative(
      double[] products, int rows, int columns, double[] query, double[] key) {
    int tokens = rows * columns;
    double still = 0;
    for (int i = 0; i < query.length; i++) {
      still += query[i] * key[i];
    }
    assertThat(products[0]).isCloseTo(still, within(1e-12));
    double[][] seen = new double[2 * rows][2 * columns];
    for (double[] line : seen) {
      Arrays.fill(line, Double.NaN);
    }
    for (int s = 0; s < tokens; s++) {
      for (int t = 0; t < tokens; t++) {
        int down = t / columns - s / columns + rows;
        int right = t % columns - s % columns + columns;
        double product = products[s * tokens + t];
        if (Double.isNaN(seen[down][right])) {
          seen[down][right] = product;
        }
        assertThat(product).isCloseTo(seen[down][right], within(1e-12));
      }
    }
    // Rows and columns are told apart, and so are directions.
    assertThat(Math.abs(seen[rows + 1][columns] - seen[rows][columns + 1])).isGreaterThan(1e-6);
    assertThat(Math.abs(seen[rows + 1][columns] - seen[rows - 1][columns])).isGreaterThan(1e-6);
  }

  @Test
  void gatedLayersAreAsWideAsTheirRuleSays() {
    // 8/3 of the width, next multiple of 64.
    assertThat(DitBlock.gatedWidth(384)).isEqualTo(1024);
    assertThat(DitBlock.gatedWidth(768)).isEqualTo(2048);
    assertThat(DitBlock.gatedWidth(1024)).isEqualTo(2752);
    assertThat(DitBlock.gatedWidth(1152)).isEqualTo(3072);
    for (int width = 4; width < 2000; width += 4) {
      long hidden = DitBlock.gatedWidth(width);
      assertThat(hidden % 64).isZero();
      assertThat(3 * hidden).isBetween(8L * width, 8L * width + 3 * 63 + 2);
    }
  }

  @Test
  void theNetworkForFewDimensionsAgreesWithPlainLoops() {
    BackboneShape shape = new BackboneShape(2, 1, 1, 4, 4, 2);
    NetworkProbe net = new NetworkProbe(runtime, new BackboneRecipe.Mlp(8, 2), shape);
    double[][] condition = condition(net, 128);
    double[] x = net.x();
    double[][] h = layer(net, "input", new double[][] {{x[0], x[1]}, {x[2], x[3]}});
    for (int i = 0; i < 2; i++) {
      String name = "layers." + i;
      double[][] in = modulated(h, layer(net, name + ".modulation", condition));
      double[][] out = layer(net, name + ".second", Doubles.silu(layer(net, name + ".first", in)));
      for (int n = 0; n < h.length; n++) {
        for (int j = 0; j < h[n].length; j++) {
          h[n][j] += out[n][j];
        }
      }
    }
    double[][] last = Doubles.silu(modulated(h, layer(net, "modulation", condition)));
    double[][] said = layer(net, "output", last);
    double[] expected = new double[8];
    System.arraycopy(said[0], 0, expected, 0, 4);
    System.arraycopy(said[1], 0, expected, 4, 4);
    agrees(net.forward(), expected);
  }

  private static double[][] modulated(double[][] x, double[][] m) {
    double[][] y = new double[x.length][];
    for (int n = 0; n < x.length; n++) {
      y[n] = modulated(x[n], false, m[n], 0);
    }
    return y;
  }

  @Test
  void optionsThatDoNotFitAreRefused() {
    assertThatThrownBy(
            () ->
                new BackboneRecipe.Dit(
                    2, 12, 1, 2, Norm.LAYER, FeedForward.GELU, Positions.ROTARY, false, 8))
        .hasMessage(
            "heads: 2 (expected: heads of a multiple of 4 features, of which rotary positions turn"
                + " pairs for row and column; these have 6)");
    assertThatThrownBy(
            () ->
                new BackboneRecipe.Dit(
                    2, 16, 1, 2, Norm.LAYER, FeedForward.GELU, Positions.SIN_COS, false, 7))
        .hasMessage("noiseFeatures: 7 (expected: an even number, 2 or more)");
    assertThatThrownBy(() -> new BackboneRecipe.Mlp(0, 1))
        .hasMessage("width: 0 (expected: 1 or more)");
  }
}
