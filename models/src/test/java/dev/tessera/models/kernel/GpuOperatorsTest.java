package dev.tessera.models.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.tessera.models.UserException;
import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.runtime.Executable;
import dev.tessera.models.runtime.GraphStream;
import dev.tessera.models.runtime.NativeTensor;
import dev.tessera.models.runtime.Results;
import dev.tessera.models.runtime.StepGraph;
import dev.tessera.models.runtime.TorchRuntime;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Kernels against the scalar references, on the same operands in the same types. */
final class GpuOperatorsTest {

  /** float32, float16 and bfloat16, as programs number them. */
  private static final int[] TYPES = {6, 5, 15};

  private static TorchRuntime gpu;
  private static TorchRuntime cpu;

  @BeforeAll
  static void open() {
    try {
      gpu = TorchRuntime.onGpu(0);
    } catch (UserException e) {
      Assumptions.abort("needs a GPU: " + e.getMessage());
    }
    cpu = TorchRuntime.onCpu();
    poison();
  }

  @AfterAll
  static void close() {
    if (gpu != null) {
      cpu.close();
      gpu.close();
    }
  }

  /** Leaves NaN in the memory that libtorch will give to results: what is not written shows. */
  private static void poison() {
    Script script = new Script("poison").argument("x", Shape.of(1), 1);
    List<String> names = new ArrayList<>();
    List<Shape> shapes = new ArrayList<>();
    for (int i = 0; i < 24; i++) {
      Shape shape = Shape.of(i < 16 ? 1 << 16 : 1 << 20);
      script.line(
          "x" + i + " = torch.mul(torch.to(torch.expand(x, " + shape + "), 7), float(\"nan\"))");
      names.add("x" + i);
      shapes.add(shape);
    }
    script.run(gpu, names, shapes);
  }

  private static double tolerance(int type) {
    return type == 6 ? 2e-5 : type == 5 ? 4e-3 : 3e-2;
  }

  /** Holds results of the GPU to those of the CPU: close beside themselves and their spread. */
  private static void same(Script script, List<String> results, List<Shape> shapes, int type) {
    List<double[]> expected = script.run(cpu, results, shapes);
    List<double[]> actual = script.run(gpu, results, shapes);
    for (int i = 0; i < results.size(); i++) {
      double squares = 0;
      for (double value : expected.get(i)) {
        squares += value * value;
      }
      double spread = Math.sqrt(squares / Math.max(1, expected.get(i).length));
      for (int j = 0; j < expected.get(i).length; j++) {
        double e = expected.get(i)[j];
        assertThat(actual.get(i)[j])
            .as("%s[%d] in type %d", results.get(i), j, type)
            .isCloseTo(e, within(tolerance(type) * (Math.abs(e) + spread) + 1e-12));
      }
    }
    // Equal bits again: no sum depends on who comes first.
    List<double[]> again = script.run(gpu, results, shapes);
    for (int i = 0; i < results.size(); i++) {
      assertThat(again.get(i)).as("%s again", results.get(i)).isEqualTo(actual.get(i));
    }
  }

  private static String cast(String name, int type) {
    return name + "_ = torch.to(" + name + ", " + type + ")";
  }

  @Test
  void modulatedNormsAgree() {
    SplittableRandom random = new SplittableRandom(1);
    long[][] sizes = {
      {1, 1, 128},
      {2, 37, 384},
      {1, 65, 768},
      {3, 8, 1024},
      {2, 5, 1152},
      {1, 3, 1536},
      {2, 9, 2048}
    };
    for (long[] size : sizes) {
      for (int type : TYPES) {
        long n = size[0];
        long width = size[2];
        Shape tokens = Shape.of(size);
        Shape rows = Shape.of(n, width);
        Shape perToken = Shape.of(n, size[1]);
        Script script =
            new Script("norm")
                .normal("x", tokens, random)
                .normal("m", Shape.of(n, 6 * width), random)
                .normal("d", tokens, random)
                .normal("g", tokens, random)
                .normal("s", tokens, random)
                .line("x_ = torch.add(torch.to(x, 6), 3.)")
                .line("s_ = torch.to(s, 6)")
                .line("none = torch.narrow(torch.reshape(s_, [-1]), 0, 0, 0)")
                .line(cast("m", type))
                .line(cast("d", type))
                .line(cast("g", type));
        for (int i = 0; i < 3; i++) {
          String narrow = " = torch.narrow(m_, 1, " + (2 * i + 1) * width + ", " + width + ")";
          script.line(List.of("shift", "scale", "gate").get(i) + narrow);
        }
        script
            .line("o, mean, rstd, = ops.tessera.norm_modulate(x_, shift, scale, 1e-06)")
            .line(
                "gx, gshift, gscale, = ops.tessera.norm_modulate_backward(g_, x_, mean, rstd, scale)")
            .line(
                "y, p, mean2, rstd2, = ops.tessera.add_norm_modulate(x_, gate, d_, shift, scale,"
                    + " 1e-06)");
        for (String more : List.of("s_", "none")) {
          script.line(
              String.format(
                  Locale.ROOT,
                  "gx%1$s, gg%1$s, gd%1$s, gh%1$s, gl%1$s, = ops.tessera.add_norm_modulate_backward("
                      + "%1$s, g_, y, mean2, rstd2, gate, d_, scale)",
                  more));
        }
        same(
            script,
            List.of(
                "o", "mean", "rstd", "gx", "gshift", "gscale", "y", "p", "gxs_", "ggs_", "gds_",
                "ghs_", "gls_", "gxnone", "ggnone", "gdnone", "ghnone", "glnone"),
            List.of(
                tokens, perToken, perToken, tokens, rows, rows, tokens, tokens, tokens, rows,
                tokens, rows, rows, tokens, rows, tokens, rows, rows),
            type);
      }
    }
  }

  @Test
  void rowsAtOddAddressesAreReadOneByOne() {
    SplittableRandom random = new SplittableRandom(2);
    for (int type : TYPES) {
      Script script =
          new Script("odd")
              .normal("x", Shape.of(2, 3, 256), random)
              .normal("m", Shape.of(2, 517), random)
              .line("x_ = torch.to(x, 6)")
              .line(cast("m", type))
              .line("shift = torch.narrow(m_, 1, 1, 256)")
              .line("scale = torch.narrow(m_, 1, 260, 256)")
              .line("o, mean, rstd, = ops.tessera.norm_modulate(x_, shift, scale, 1e-06)")
              .line(cast("x", type).replace("x_", "t"))
              .line("gx, gh, gl, = ops.tessera.norm_modulate_backward(t, x_, mean, rstd, scale)");
      same(
          script,
          List.of("o", "gx", "gh", "gl"),
          List.of(Shape.of(2, 3, 256), Shape.of(2, 3, 256), Shape.of(2, 256), Shape.of(2, 256)),
          type);
    }
  }

  @Test
  void biasedGelusAgree() {
    SplittableRandom random = new SplittableRandom(3);
    for (Shape shape :
        List.of(Shape.of(1, 8), Shape.of(3, 5, 3072), Shape.of(700, 264), Shape.of(65, 13))) {
      for (int type : TYPES) {
        long width = shape.dim(shape.rank() - 1);
        Script script =
            new Script("gelu")
                .normal("x", shape, random)
                .normal("b", Shape.of(width + 1), random)
                .normal("g", shape, random)
                .line("x_ = torch.to(torch.mul(x, 3.), " + type + ")")
                .line("bias = torch.narrow(torch.to(b, 6), 0, 1, " + width + ")")
                .line(cast("g", type))
                .line("o = ops.tessera.bias_gelu(x_, bias)")
                .line("gx, gb, = ops.tessera.bias_gelu_backward(g_, x_, bias)");
        same(script, List.of("o", "gx", "gb"), List.of(shape, shape, Shape.of(width)), type);
      }
    }
  }

  @Test
  void scaledSumsAgree() {
    SplittableRandom random = new SplittableRandom(4);
    for (int type : TYPES) {
      for (Shape shape :
          List.of(Shape.of(1, 1, 1, 3), Shape.of(3, 7, 5, 4), Shape.of(2, 64, 33, 8))) {
        Script script =
            new Script("sum")
                .normal("a", shape, random)
                .normal("b", shape, random)
                .line(cast("a", type))
                .line(cast("b", type))
                .line("c = torch.contiguous(a_, memory_format=2)")
                .line("d = torch.contiguous(b_, memory_format=2)")
                .line("rows = ops.tessera.scaled_sum(a_, b_, 0.70710678)")
                .line("last = ops.tessera.scaled_sum(c, d, 0.70710678)")
                .line("e = torch.narrow(torch.reshape(a_, [-1]), 0, 1, 2)")
                .line("odd = ops.tessera.scaled_sum(e, e, 0.5)");
        same(script, List.of("rows", "last", "odd"), List.of(shape, shape, Shape.of(2)), type);
      }
    }
  }

  @Test
  void biasesOfPicturesAgree() {
    SplittableRandom random = new SplittableRandom(11);
    for (int type : TYPES) {
      for (Shape shape :
          List.of(Shape.of(1, 3, 1, 1), Shape.of(3, 64, 17, 5), Shape.of(2, 520, 9, 8))) {
        Shape channels = Shape.of(shape.dim(1));
        Script script =
            new Script("bias")
                .normal("a", shape, random)
                .normal("g", shape, random)
                .normal("b", channels, random)
                .line(cast("a", type))
                .line(cast("g", type))
                .line("x = torch.contiguous(a_, memory_format=2)")
                .line("y = torch.contiguous(g_, memory_format=2)")
                .line("none = torch.narrow(torch.reshape(g_, [-1]), 0, 0, 0)")
                .line("o = ops.tessera.add_bias(x, torch.to(b, 6), none, 1.)")
                .line("p = ops.tessera.add_bias(x, torch.to(b, 6), y, 0.70710678)")
                .line("gb = ops.tessera.add_bias_backward(g_)");
        same(script, List.of("o", "p", "gb"), List.of(shape, shape, channels), type);
      }
    }
  }

  @Test
  void channelNormsAgree() {
    SplittableRandom random = new SplittableRandom(5);
    // Whole samples in shared memory, several passes, one pixel, channels that no vector divides.
    long[][] sizes = {
      {2, 64, 8, 8, 16},
      {1, 128, 4, 4, 32},
      {3, 64, 1, 1, 16},
      {1, 32, 96, 97, 8},
      {2, 12, 5, 3, 3},
      {1, 96, 16, 16, 16},
      {1, 20, 90, 90, 5}
    };
    for (long[] size : sizes) {
      Shape shape = Shape.of(size[0], size[1], size[2], size[3]);
      for (int type : TYPES) {
        for (String switches : List.of("True, 0., 0", "False, 0., 0", "True, 0.2, -99")) {
          for (boolean shifted : new boolean[] {true, false}) {
            channelNorm(shape, size[4], type, switches, shifted, random);
          }
        }
      }
    }
  }

  private static void channelNorm(
      Shape shape,
      long groups,
      int type,
      String switches,
      boolean shifted,
      SplittableRandom random) {
    long n = shape.dim(0);
    long channels = shape.dim(1);
    Shape rows = shifted ? Shape.of(n, channels) : Shape.of(0);
    String shift =
        shifted ? "torch.narrow(h_, 1, 1, " + channels + ")" : "torch.narrow(key_, 0, 0, 0)";
    Script script =
        new Script("group_norm")
            .normal("x", shape, random)
            .normal("h", Shape.of(n, channels + 1), random)
            .normal("w", Shape.of(channels), random)
            .normal("b", Shape.of(channels), random)
            .normal("g", shape, random)
            .key("key", 42)
            .line("x_ = torch.contiguous(torch.to(x, " + type + "), memory_format=2)")
            .line(cast("h", type))
            .line(cast("w", 6))
            .line(cast("b", 6))
            .line(cast("g", type))
            .line("key_ = torch.to(torch.reshape(key, [1]), " + type + ")")
            .line("shift = " + shift)
            .line(
                String.format(
                    Locale.ROOT,
                    "o, mean, rstd, = ops.tessera.group_norm_silu(x_, shift, w_, b_, key, %d, 1e-05,"
                        + " %s)",
                    groups,
                    switches))
            .line(
                String.format(
                    Locale.ROOT,
                    "gx, gh, gw, gb, = ops.tessera.group_norm_silu_backward(g_, x_, shift, mean, rstd,"
                        + " w_, b_, key, %d, %s)",
                    groups,
                    switches));
    Shape statistics = Shape.of(n, groups);
    Shape vector = Shape.of(channels);
    same(
        script,
        List.of("o", "mean", "rstd", "gx", "gw", "gb", "gh"),
        List.of(shape, statistics, statistics, shape, vector, vector, rows),
        type);
  }

  /** Sums of squares would have no digits left of a variance of 1 beside a mean of 10,000. */
  @Test
  void largeMeansCostNoDigits() {
    SplittableRandom random = new SplittableRandom(6);
    for (Shape shape : List.of(Shape.of(1, 32, 8, 8), Shape.of(1, 32, 128, 128))) {
      Script script =
          new Script("large")
              .normal("x", shape, random)
              .normal("w", Shape.of(32), random)
              .line("c = torch.contiguous(torch.add(x, 10000.), memory_format=2)")
              .line("x_ = torch.to(c, 6)")
              .line("w_ = torch.to(w, 6)")
              .line("none = torch.narrow(w_, 0, 0, 0)")
              .line(
                  "o, mean, rstd, = ops.tessera.group_norm_silu(x_, none, w_, w_, none, 8, 1e-05,"
                      + " False, 0., 0)");
      List<double[]> expected = script.run(cpu, List.of("rstd"), List.of(Shape.of(1, 8)));
      List<double[]> actual = script.run(gpu, List.of("rstd"), List.of(Shape.of(1, 8)));
      for (int i = 0; i < 8; i++) {
        assertThat(actual.get(0)[i] / expected.get(0)[i]).isCloseTo(1, within(1e-4));
      }
    }
  }

  @Test
  void optimiserStepsAgree() {
    SplittableRandom random = new SplittableRandom(7);
    for (int size : new int[] {1, 6, 4099, 300_001}) {
      for (int from : new int[] {0, 3}) {
        for (double found : new double[] {0, 1}) {
          for (boolean averaged : new boolean[] {true, false}) {
            optimiserStep(size, from, found, averaged, random);
          }
        }
      }
    }
  }

  private static void optimiserStep(
      int size, int from, double found, boolean averaged, SplittableRandom random) {
    Shape shape = Shape.of(size + 4);
    Script script =
        new Script("adamw")
            .normal("p", shape, random)
            .normal("g", shape, random)
            .normal("m", shape, random)
            .argument("v", shape, random.doubles(size + 4).toArray())
            .normal("e", shape, random)
            .argument("step", Shape.of(), 3)
            .argument("rate", Shape.of(), 0.01)
            .argument("approach", Shape.of(), 0.1)
            .argument("divisor", Shape.of(), 2.5)
            .argument("found", Shape.of(), found);
    for (String name : List.of("p", "g", "m", "v", "e")) {
      // The gradient begins elsewhere than the rest in one of both cases.
      int start = name.equals("g") ? from / 3 : from;
      int count = name.equals("e") && !averaged ? 0 : size;
      script
          .line(name + "0 = torch.clone(torch.to(" + name + ", 6))")
          .line(name + "_ = torch.narrow(" + name + "0, 0, " + start + ", " + count + ")");
    }
    for (String name : List.of("step", "rate", "approach", "divisor", "found")) {
      script.line(cast(name, 6));
    }
    script.line(
        "q = ops.tessera.adamw_ema(p_, g_, m_, v_, e_, step_, rate_, approach_, divisor_, found_,"
            + " 0.9, 0.999, 1e-08, 0.1)");
    List<String> results = List.of("q", "p0", "m0", "v0", "e0");
    same(script, results, List.of(Shape.of(size), shape, shape, shape, shape), 6);
  }

  @Test
  void widthsWithoutAKernelAreRefused() {
    Script script =
        new Script("narrow")
            .argument("x", Shape.of(1, 1, 64), new double[64])
            .argument("s", Shape.of(1, 64), new double[64])
            .line("x_ = torch.to(x, 6)")
            .line("s_ = torch.to(s, 15)")
            .line("o, mean, rstd, = ops.tessera.norm_modulate(x_, s_, s_, 1e-06)");
    assertThatThrownBy(() -> script.run(gpu, List.of("o"), List.of(Shape.of(1, 1, 64))))
        .hasMessage(
            "program narrow: ops.tessera.norm_modulate: width: 64 (expected: a multiple of 128 up to"
                + " 2048)");
  }

  @Test
  void launchesAreCapturedInAGraph() {
    Shape shape = Shape.of(33, 256);
    Script script =
        new Script("captured")
            .argument("x", shape, new double[0])
            .line("y = torch.to(x, 15)")
            .line("b = torch.to(torch.select(x, 0, 0), 6)")
            .line("z = ops.tessera.scaled_sum(ops.tessera.bias_gelu(y, b), y, 0.5)");
    try (Executable program = gpu.load(script.program(List.of("z"), List.of(shape)));
        NativeTensor x = gpu.zeros(DType.FLOAT64, shape);
        GraphStream stream = new GraphStream(gpu)) {
      x.set(Script.normals(shape, new SplittableRandom(8)));
      stream.run(() -> program.run(x).close());
      List<Results> kept = new ArrayList<>();
      try (StepGraph graph = stream.capture(() -> kept.add(program.run(x)))) {
        x.set(Script.normals(shape, new SplittableRandom(9)));
        graph.launch();
        double[] replayed = kept.get(0).get(0).toDoubles();
        try (Results direct = program.run(x)) {
          assertThat(replayed).isEqualTo(direct.get(0).toDoubles());
        }
      }
      kept.forEach(Results::close);
    }
  }
}
