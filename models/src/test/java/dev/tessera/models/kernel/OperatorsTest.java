package dev.tessera.models.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Precision;
import dev.tessera.models.graph.Program;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.Tensor;
import dev.tessera.models.graph.Trace;
import dev.tessera.models.runtime.Executable;
import dev.tessera.models.runtime.NativeTensor;
import dev.tessera.models.runtime.Results;
import dev.tessera.models.runtime.TorchRuntime;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Operators on the CPU, called by programs, against ATen and against differences. */
final class OperatorsTest {

  private static final Shape TOKENS = Shape.of(2, 3, 8);
  private static final Shape ROWS = Shape.of(2, 8);
  private static final Shape PER_TOKEN = Shape.of(2, 3);
  private static final Shape PICTURES = Shape.of(2, 6, 3, 2);
  private static final Shape CHANNELS = Shape.of(6);
  private static final Shape GROUPS = Shape.of(2, 3);

  private static TorchRuntime runtime;

  @BeforeAll
  static void open() {
    runtime = TorchRuntime.onCpu();
  }

  @AfterAll
  static void close() {
    runtime.close();
  }

  private static void equal(List<double[]> actual, List<double[]> expected, double tolerance) {
    assertThat(actual).hasSameSizeAs(expected);
    for (int i = 0; i < actual.size(); i++) {
      assertThat(actual.get(i)).as("result %d", i).hasSameSizeAs(expected.get(i));
      for (int j = 0; j < actual.get(i).length; j++) {
        assertThat(actual.get(i)[j])
            .as("element %d of result %d", j, i)
            .isCloseTo(expected.get(i)[j], within(tolerance));
      }
    }
  }

  /**
   * Holds the results {@code gradients} of {@code script}, one for each of its first arguments, to
   * central differences of the sum of its result {@code loss}.
   */
  private static void differences(Script script, String loss, List<String> gradients) {
    List<Shape> shapes = new ArrayList<>();
    for (int i = 0; i < gradients.size(); i++) {
      shapes.add(Shape.of(script.values(i).length));
    }
    List<String> flat = gradients.stream().map(g -> "torch.reshape(" + g + ", [-1])").toList();
    List<double[]> claimed = script.run(runtime, flat, shapes);
    Program sum = script.program(List.of("torch.sum(" + loss + ")"), List.of(Shape.of()));
    try (Executable executable = runtime.load(sum)) {
      for (int i = 0; i < gradients.size(); i++) {
        for (int j = 0; j < claimed.get(i).length; j++) {
          double slope = (at(script, executable, i, j, 1e-4) - at(script, executable, i, j, -1e-4));
          assertThat(claimed.get(i)[j])
              .as("%s, element %d", gradients.get(i), j)
              .isCloseTo(slope / 2e-4, within(1e-6));
        }
      }
    }
  }

  private static double at(Script script, Executable sum, int argument, int element, double by) {
    List<double[]> numbers = new ArrayList<>(script.values());
    double[] moved = numbers.get(argument).clone();
    moved[element] += by;
    numbers.set(argument, moved);
    return script.run(runtime, sum, numbers).get(0)[0];
  }

  @Test
  void tokensAreNormalisedAndModulatedAsAtenDoes() {
    SplittableRandom random = new SplittableRandom(1);
    Script script =
        new Script("norm")
            .normal("x", TOKENS, random)
            .normal("both", Shape.of(2, 24), random)
            .line("shift = torch.narrow(both, 1, 0, 8)")
            .line("scale = torch.narrow(both, 1, 8, 8)")
            .line("both_results = ops.tessera.norm_modulate(x, shift, scale, 1e-06)")
            .line("out, mean, rstd, = both_results")
            .line("normal, mu, rs, = torch.native_layer_norm(x, [8], None, None, 1e-06)")
            .line("one = torch.add(torch.reshape(scale, [2, 1, 8]), 1.)")
            .line("expected = torch.add(torch.mul(normal, one), torch.reshape(shift, [2, 1, 8]))");
    List<Shape> shapes = List.of(TOKENS, PER_TOKEN, PER_TOKEN);
    equal(
        script.run(runtime, List.of("out", "mean", "rstd"), shapes),
        script.run(
            runtime,
            List.of("expected", "torch.reshape(mu, [2, 3])", "torch.reshape(rs, [2, 3])"),
            shapes),
        1e-12);
  }

  @Test
  void gradientsOfTheModulatedNormAreDifferences() {
    SplittableRandom random = new SplittableRandom(2);
    Script script =
        new Script("norm")
            .normal("x", TOKENS, random)
            .normal("shift", ROWS, random)
            .normal("scale", ROWS, random)
            .normal("g", TOKENS, random)
            .line("out, mean, rstd, = ops.tessera.norm_modulate(x, shift, scale, 1e-06)")
            .line(
                "gx, gshift, gscale, = ops.tessera.norm_modulate_backward(g, x, mean, rstd, scale)");
    differences(script, "torch.mul(out, g)", List.of("gx", "gshift", "gscale"));
  }

  @Test
  void gradientsOfTheGatedSumAndItsNormAreDifferences() {
    SplittableRandom random = new SplittableRandom(3);
    for (boolean used : new boolean[] {true, false}) {
      Script script =
          new Script("add_norm")
              .normal("x", TOKENS, random)
              .normal("gate", ROWS, random)
              .normal("delta", TOKENS, random)
              .normal("shift", ROWS, random)
              .normal("scale", ROWS, random)
              .normal("g", TOKENS, random)
              .normal("gs", used ? TOKENS : Shape.of(0), random)
              .line(
                  "y, out, mean, rstd, = ops.tessera.add_norm_modulate(x, gate, delta, shift, scale,"
                      + " 1e-06)")
              .line(
                  "gx, gg, gd, gshift, gscale, = ops.tessera.add_norm_modulate_backward(gs, g, y,"
                      + " mean, rstd, gate, delta, scale)")
              .line("gated = torch.mul(torch.reshape(gate, [2, 1, 8]), delta)");
      equal(
          script.run(runtime, List.of("y"), List.of(TOKENS)),
          script.run(runtime, List.of("torch.add(x, gated)"), List.of(TOKENS)),
          1e-12);
      String loss = "torch.mul(out, g)";
      differences(
          script,
          used ? "torch.add(" + loss + ", torch.mul(y, gs))" : loss,
          List.of("gx", "gg", "gd", "gshift", "gscale"));
    }
  }

  @Test
  void geluOfABiasedProductIsAtensAndItsGradientsAreDifferences() {
    SplittableRandom random = new SplittableRandom(4);
    Script script =
        new Script("gelu")
            .normal("x", TOKENS, random)
            .normal("bias", Shape.of(8), random)
            .normal("g", TOKENS, random)
            .line("out = ops.tessera.bias_gelu(x, bias)")
            .line("gx, gb, = ops.tessera.bias_gelu_backward(g, x, bias)")
            .line("expected = torch.gelu(torch.add(x, bias), approximate=\"tanh\")");
    equal(
        script.run(runtime, List.of("out"), List.of(TOKENS)),
        script.run(runtime, List.of("expected"), List.of(TOKENS)),
        1e-12);
    differences(script, "torch.mul(out, g)", List.of("gx", "gb"));
  }

  @Test
  void channelsAreNormalisedAsAtenDoes() {
    SplittableRandom random = new SplittableRandom(5);
    for (boolean silu : new boolean[] {true, false}) {
      for (boolean shifted : new boolean[] {true, false}) {
        Script script = pictures(random, shifted, silu, "0.", 0);
        String sum =
            shifted ? "torch.add(x, torch.reshape(shift, [2, 6, 1, 1]))" : "torch.mul(x, 1.)";
        script
            .line("v = torch.contiguous(" + sum + ")")
            .line("normal, mu, rs, = torch.native_group_norm(v, weight, bias, 2, 6, 6, 3, 1e-05)")
            .line("expected = " + (silu ? "torch.silu(normal)" : "torch.mul(normal, 1.)"));
        List<Shape> shapes = List.of(PICTURES, GROUPS, GROUPS);
        equal(
            script.run(runtime, List.of("out", "mean", "rstd"), shapes),
            script.run(runtime, List.of("expected", "mu", "rs"), shapes),
            1e-12);
      }
    }
  }

  @Test
  void gradientsOfTheChannelNormAreDifferences() {
    SplittableRandom random = new SplittableRandom(6);
    for (String rate : List.of("0.", "0.3")) {
      for (boolean silu : new boolean[] {true, false}) {
        Script script = pictures(random, true, silu, rate, 77);
        differences(script, "torch.mul(out, g)", List.of("gx", "gshift", "gw", "gb"));
        Script unshifted = pictures(random, false, silu, rate, 77);
        differences(unshifted, "torch.mul(out, g)", List.of("gx", "gshift", "gw", "gb"));
      }
    }
  }

  private static Script pictures(
      SplittableRandom random, boolean shifted, boolean silu, String rate, long site) {
    String switches = (silu ? "True" : "False") + ", " + rate + ", " + site;
    return new Script("group_norm")
        .normal("rows", PICTURES, random)
        .normal("shift", shifted ? Shape.of(2, 6) : Shape.of(0), random)
        .normal("weight", CHANNELS, random)
        .normal("bias", CHANNELS, random)
        .normal("g", PICTURES, random)
        .key("key", 12345)
        .line("x = torch.contiguous(rows, memory_format=2)")
        .line(
            "out, mean, rstd, = ops.tessera.group_norm_silu(x, shift, weight, bias, key, 3, 1e-05, "
                + switches
                + ")")
        .line(
            "gx, gshift, gw, gb, = ops.tessera.group_norm_silu_backward(g, x, shift, mean, rstd,"
                + " weight, bias, key, 3, "
                + switches
                + ")");
  }

  @Test
  void dropoutDrawsTheTracersNumbers() {
    for (Shape shape : List.of(Shape.of(2, 3, 2, 2), Shape.of(1, 3, 3, 3))) {
      Trace trace = new Trace("uniform", Precision.FP32);
      trace.randomness(trace.scalar("key", DType.INT64));
      Tensor drawn = trace.uniform(shape);
      Program program = trace.finish(drawn);
      Matcher site = Pattern.compile(", (-?\\d+)\\)$", Pattern.MULTILINE).matcher(text(program));
      assertThat(site.find()).isTrue();
      try (Executable executable = runtime.load(program);
          NativeTensor key = runtime.scalar(-987654321L);
          Results results = executable.run(key)) {
        float[] uniform = results.get(0).toFloats();
        Dropout dropout =
            Dropout.of(0.25, -987654321L, Long.parseLong(site.group(1)), shape.size());
        for (int e = 0; e < uniform.length; e++) {
          assertThat((float) dropout.uniform(e)).isEqualTo(uniform[e]);
          assertThat(dropout.factor(e)).isEqualTo(uniform[e] >= 0.25f ? 1 / 0.75 : 0);
        }
      }
    }
  }

  /** The statement that mixes the site into the key. */
  private static String text(Program program) {
    return program.text().lines().filter(line -> line.contains("torch.mul(key")).findFirst().get();
  }

  @Test
  void sumsAreScaledInAnyMemoryFormat() {
    SplittableRandom random = new SplittableRandom(7);
    Script script =
        new Script("sum")
            .normal("a", PICTURES, random)
            .normal("b", PICTURES, random)
            .line("c = torch.contiguous(a, memory_format=2)")
            .line("d = torch.contiguous(b, memory_format=2)")
            .line("rows = ops.tessera.scaled_sum(a, b, 0.5)")
            .line("last = ops.tessera.scaled_sum(c, d, 0.5)")
            .line("strides = torch.tensor(torch.stride(last), dtype=7)");
    List<double[]> results =
        script.run(
            runtime,
            List.of("rows", "last", "torch.mul(torch.add(a, b), 0.5)"),
            List.of(PICTURES, PICTURES, PICTURES));
    equal(results.subList(0, 2), List.of(results.get(2), results.get(2)), 1e-15);
    assertThat(script.run(runtime, List.of("strides"), List.of(Shape.of(4))).get(0))
        .containsExactly(36, 1, 12, 6);
  }

  @Test
  void adamWAndItsAverageAreAtens() {
    SplittableRandom random = new SplittableRandom(8);
    for (double foundInf : new double[] {0, 1}) {
      for (boolean averaged : new boolean[] {true, false}) {
        Script script =
            new Script("adamw")
                .normal("p0", Shape.of(9), random)
                .normal("g", Shape.of(9), random)
                .normal("m0", Shape.of(9), random)
                .argument("v0", Shape.of(9), random.doubles(9).toArray())
                .normal("e0", Shape.of(averaged ? 9 : 0), random)
                .argument("step", Shape.of(), 3)
                .argument("rate", Shape.of(), 0.01)
                .argument("approach", Shape.of(), 0.1)
                .argument("divisor", Shape.of(), 2.5)
                .argument("found", Shape.of(), foundInf);
        for (String name : List.of("p", "m", "v", "e")) {
          script.line(name + " = torch.clone(" + name + "0)");
          script.line(name + "1 = torch.clone(" + name + "0)");
        }
        script
            .line(
                "q = ops.tessera.adamw_ema(p, g, m, v, e, step, rate, approach, divisor, found, 0.9,"
                    + " 0.99, 1e-08, 0.1)")
            .line("ps = [p1]")
            .line("ms = [m1]")
            .line("vs = [v1]")
            .line("scaled = torch.div(g, divisor)")
            .line(
                "torch._fused_adamw_(ps, [scaled], ms, vs, annotate(List[Tensor], []), [step],"
                    + " lr=0.01, beta1=0.9, beta2=0.99, weight_decay=0.1, eps=1e-08, amsgrad=False,"
                    + " maximize=False)")
            .line("e2 = torch.lerp(e1, " + (averaged ? "ps[0]" : "e1") + ", 0.1)");
        List<Shape> shapes =
            List.of(Shape.of(9), Shape.of(9), Shape.of(9), Shape.of(averaged ? 9 : 0), Shape.of(9));
        List<String> expected =
            foundInf == 1
                ? List.of("p0", "m0", "v0", "e0", "p0")
                : List.of("ps[0]", "ms[0]", "vs[0]", "e2", "ps[0]");
        equal(
            script.run(runtime, List.of("p", "m", "v", "e", "q"), shapes),
            script.run(runtime, expected, shapes),
            1e-12);
      }
    }
  }

  /** Sixteen bits change results by rounding alone. */
  @Test
  void allComputeTypesWork() {
    SplittableRandom random = new SplittableRandom(9);
    for (int type : new int[] {5, 6, 15}) {
      Script script =
          new Script("types")
              .normal("x", TOKENS, random)
              .normal("rows", ROWS, random)
              .line("t = torch.to(torch.to(x, " + type + "), 7)")
              .line("r = torch.to(torch.to(rows, " + type + "), 7)")
              .line("shorter = torch.to(t, " + type + ")")
              .line("bias = torch.to(torch.select(r, 0, 0), 6)")
              .line("exact = ops.tessera.bias_gelu(t, torch.to(bias, 7))")
              .line("rounded = ops.tessera.bias_gelu(shorter, bias)")
              .line("error = torch.abs(torch.sub(torch.to(rounded, 7), exact))")
              .line("limit = torch.add(torch.mul(torch.abs(exact), 0.00390625), 1e-07)");
      assertThat(script.run(runtime, List.of("torch.lt(error, limit)"), List.of(TOKENS)).get(0))
          .containsOnly(1);
      Script kind = script.line("kind = torch.tensor(ops.prim.dtype(rounded), dtype=7)");
      assertThat(kind.run(runtime, List.of("kind"), List.of(Shape.of())).get(0))
          .containsExactly(type);
    }
  }

  @Test
  void whatAnOperatorThrowsSurfacesAndTheProcessGoesOn() {
    Script wrong =
        new Script("wrong")
            .argument("x", Shape.of(1, 4, 1, 1), 1, 2, 3, 4)
            .argument("w", Shape.of(4), 1, 1, 1, 1)
            .argument("none", Shape.of(0))
            .line("c = torch.contiguous(x, memory_format=2)")
            .line(
                "out, mean, rstd, = ops.tessera.group_norm_silu(c, none, w, w, none, 3, 1e-05, True,"
                    + " 0., 0)")
            .line("again = ops.tessera.scaled_sum(out, out, 1.)");
    for (int i = 0; i < 3; i++) {
      assertThatThrownBy(() -> wrong.run(runtime, List.of("again"), List.of(Shape.of(0))))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage(
              "program wrong: ops.tessera.group_norm_silu: groups: 3 (expected: a divisor of 4"
                  + " channels)");
      // Another error of libtorch's, which comes of the first, is not told instead.
      assertThatThrownBy(
              () -> wrong.run(runtime, List.of("torch.add(out, w)"), List.of(Shape.of(4))))
          .hasMessageStartingWith("program wrong: ops.tessera.group_norm_silu: groups: 3");
      Script right =
          new Script("right")
              .argument("x", Shape.of(2), 1, 2)
              .line("y = ops.tessera.scaled_sum(x, x, 2.)");
      assertThat(right.run(runtime, List.of("y"), List.of(Shape.of(2))).get(0))
          .containsExactly(4, 8);
    }
  }
}
