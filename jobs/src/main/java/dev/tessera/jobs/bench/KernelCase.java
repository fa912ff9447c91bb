package dev.tessera.jobs.bench;

import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Program;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.TensorType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * One operator at one size, as programs that call it several times.
 *
 * @param name what is called, with its size
 * @param bytes that a call must move at least: operands read once, results written once
 * @param operands of one call, made anew for each of several sets
 * @param call of the operator, {@code %s} the number of the set
 * @param results that it returns
 */
record KernelCase(String name, long bytes, List<Operand> operands, String call, int results) {

  /** TorchScript's numbers of types. */
  private static final int FLOAT32 = 6;

  private static final int BFLOAT16 = 15;

  /** Normal numbers that operands are made of. */
  static final int SEEDS = 1 << 20;

  /** Sets of operands together exceed the cache, so that calls find nothing there. */
  private static final long BEYOND_CACHE = 256L << 20;

  private static final int MOST_SETS = 8;

  /**
   * An operand of normal numbers.
   *
   * @param finish of the row-major tensor {@code %s}
   */
  @SuppressWarnings("ArrayRecordComponent") // Never compared or hashed.
  record Operand(String name, int type, long[] sizes, String finish) {

    long elements() {
      return Arrays.stream(sizes).reduce(1, Math::multiplyExact);
    }
  }

  private static Operand plain(String name, int type, long... sizes) {
    return new Operand(name, type, sizes, "%s");
  }

  private static Operand channelsLast(String name, long... sizes) {
    return new Operand(name, BFLOAT16, sizes, "torch.contiguous(%s, memory_format=2)");
  }

  private static Operand positive(String name, long... sizes) {
    return new Operand(name, FLOAT32, sizes, "torch.add(torch.abs(%s), 0.1)");
  }

  /** A call without operands of its own: what a copy moves. */
  static KernelCase copy(long elements) {
    return new KernelCase(
        "copy of " + ((elements * 4) >> 20) + " MiB",
        8 * elements,
        List.of(plain("from", FLOAT32, elements), plain("to", FLOAT32, elements)),
        "torch.copy_(to%1$s, from%1$s)",
        1);
  }

  /** All operators at sizes that training has; {@code small} at ones for a test. */
  static List<KernelCase> all(boolean small) {
    List<KernelCase> cases = new ArrayList<>();
    if (small) {
      tokens(cases, 2, 3, 128);
      bias(cases, 6, 16);
      pictures(cases, 2, 8, 4, 2, "0.2");
      sum(cases, 2, 8, 4);
      optimiser(cases, 1000);
      return cases;
    }
    tokens(cases, 256, 256, 768);
    tokens(cases, 64, 64, 512);
    bias(cases, 65_536, 3072);
    bias(cases, 4096, 2048);
    pictures(cases, 64, 256, 32, 32, "0.");
    pictures(cases, 64, 256, 32, 32, "0.13");
    pictures(cases, 512, 256, 16, 32, "0.");
    pictures(cases, 64, 512, 8, 32, "0.");
    pictures(cases, 12, 128, 256, 32, "0.");
    sum(cases, 64, 256, 32);
    optimiser(cases, 130_000_000);
    return cases;
  }

  private static void tokens(List<KernelCase> cases, long n, long t, long d) {
    long elements = n * t * d;
    String size = String.format(Locale.ROOT, " %dx%dx%d", n, t, d);
    Operand x = plain("x", FLOAT32, n, t, d);
    Operand grad = plain("grad", BFLOAT16, n, t, d);
    Operand delta = plain("delta", BFLOAT16, n, t, d);
    Operand more = plain("more", FLOAT32, n, t, d);
    Operand mean = plain("mean", FLOAT32, n, t);
    Operand rstd = positive("rstd", n, t);
    Operand shift = plain("shift", BFLOAT16, n, d);
    Operand scale = plain("scale", BFLOAT16, n, d);
    Operand gate = plain("gate", BFLOAT16, n, d);
    cases.add(
        new KernelCase(
            "norm_modulate" + size,
            6 * elements,
            List.of(x, shift, scale),
            "ops.tessera.norm_modulate(x%1$s, shift%1$s, scale%1$s, 1e-06)",
            3));
    cases.add(
        new KernelCase(
            "norm_modulate_backward" + size,
            10 * elements,
            List.of(grad, x, mean, rstd, scale),
            "ops.tessera.norm_modulate_backward(grad%1$s, x%1$s, mean%1$s, rstd%1$s, scale%1$s)",
            3));
    cases.add(
        new KernelCase(
            "add_norm_modulate" + size,
            12 * elements,
            List.of(x, gate, delta, shift, scale),
            "ops.tessera.add_norm_modulate(x%1$s, gate%1$s, delta%1$s, shift%1$s, scale%1$s, 1e-06)",
            4));
    cases.add(
        new KernelCase(
            "add_norm_modulate_backward" + size,
            18 * elements,
            List.of(more, grad, x, mean, rstd, gate, delta, scale),
            "ops.tessera.add_norm_modulate_backward(more%1$s, grad%1$s, x%1$s, mean%1$s, rstd%1$s,"
                + " gate%1$s, delta%1$s, scale%1$s)",
            5));
  }

  private static void bias(List<KernelCase> cases, long rows, long width) {
    String size = String.format(Locale.ROOT, " %dx%d", rows, width);
    Operand x = plain("x", BFLOAT16, rows, width);
    Operand grad = plain("grad", BFLOAT16, rows, width);
    Operand bias = plain("bias", FLOAT32, width);
    cases.add(
        new KernelCase(
            "bias_gelu" + size,
            4 * rows * width,
            List.of(x, bias),
            "ops.tessera.bias_gelu(x%1$s, bias%1$s)",
            1));
    cases.add(
        new KernelCase(
            "bias_gelu_backward" + size,
            6 * rows * width,
            List.of(grad, x, bias),
            "ops.tessera.bias_gelu_backward(grad%1$s, x%1$s, bias%1$s)",
            2));
  }

  private static void pictures(
      List<KernelCase> cases, long n, long c, long side, long groups, String rate) {
    long elements = n * c * side * side;
    String dropout = rate.equals("0.") ? "" : ", dropout " + rate;
    String size = String.format(Locale.ROOT, " %dx%dx%dx%d%s", n, c, side, side, dropout);
    Operand x = channelsLast("x", n, c, side, side);
    Operand grad = channelsLast("grad", n, c, side, side);
    Operand shift = plain("shift", BFLOAT16, n, c);
    Operand weight = plain("weight", FLOAT32, c);
    Operand bias = plain("bias", FLOAT32, c);
    Operand mean = plain("mean", FLOAT32, n, groups);
    Operand rstd = positive("rstd", n, groups);
    cases.add(
        new KernelCase(
            "group_norm_silu" + size,
            4 * elements,
            List.of(x, shift, weight, bias),
            "ops.tessera.group_norm_silu(x%1$s, shift%1$s, weight%1$s, bias%1$s, key, "
                + groups
                + ", 1e-05, True, "
                + rate
                + ", 7)",
            3));
    cases.add(
        new KernelCase(
            "group_norm_silu_backward" + size,
            6 * elements,
            List.of(grad, x, shift, mean, rstd, weight, bias),
            "ops.tessera.group_norm_silu_backward(grad%1$s, x%1$s, shift%1$s, mean%1$s, rstd%1$s,"
                + " weight%1$s, bias%1$s, key, "
                + groups
                + ", True, "
                + rate
                + ", 7)",
            4));
  }

  private static void sum(List<KernelCase> cases, long n, long c, long side) {
    cases.add(
        new KernelCase(
            String.format(Locale.ROOT, "scaled_sum %dx%dx%dx%d", n, c, side, side),
            6 * n * c * side * side,
            List.of(channelsLast("a", n, c, side, side), channelsLast("b", n, c, side, side)),
            "ops.tessera.scaled_sum(a%1$s, b%1$s, 0.5)",
            1));
  }

  private static void optimiser(List<KernelCase> cases, long elements) {
    List<Operand> operands = new ArrayList<>();
    for (String name : List.of("p", "g", "m", "ema")) {
      operands.add(plain(name, FLOAT32, elements));
    }
    operands.add(positive("v", elements));
    for (String name : List.of("step", "rate", "approach", "divisor")) {
      operands.add(positive(name));
    }
    operands.add(new Operand("found", FLOAT32, new long[0], "torch.mul(%s, 0.)"));
    cases.add(
        new KernelCase(
            String.format(Locale.ROOT, "adamw_ema %d", elements),
            36 * elements,
            operands,
            "ops.tessera.adamw_ema(p%1$s, g%1$s, m%1$s, v%1$s, ema%1$s, step%1$s, rate%1$s,"
                + " approach%1$s, divisor%1$s, found%1$s, 0.9, 0.999, 1e-08, 0.01)",
            1));
  }

  private int sets() {
    long each =
        operands.stream().mapToLong(o -> o.elements() * (o.type() == BFLOAT16 ? 2 : 4)).sum();
    return (int) Math.max(1, Math.min(MOST_SETS, BEYOND_CACHE / Math.max(1, each)));
  }

  /**
   * A program of {@code calls} calls that take the sets in turn. Its arguments are {@link #SEEDS}
   * normal numbers and an int64; its result has one element of each call's first, so that none is
   * left out.
   */
  Program program(int calls) {
    StringBuilder text = new StringBuilder();
    for (int set = 0; set < sets(); set++) {
      for (Operand operand : operands) {
        text.append("    ").append(operand.name()).append(set).append(" = ");
        text.append(made(operand, set)).append('\n');
      }
    }
    List<String> firsts = new ArrayList<>();
    for (int call = 0; call < calls; call++) {
      String first = "first" + call;
      List<String> names = new ArrayList<>(List.of(first));
      for (int i = 1; i < results; i++) {
        names.add("other" + call + "_" + i);
      }
      text.append("    ").append(String.join(", ", names)).append(results > 1 ? ", = " : " = ");
      text.append(String.format(Locale.ROOT, this.call, call % sets())).append('\n');
      firsts.add("torch.as_strided(" + first + ", [1], [1])");
    }
    String all = firsts.stream().collect(Collectors.joining(", ", "torch.cat([", "], 0)"));
    text.append("    all = torch.to(").append(all).append(", 6)\n    return [all]\n");
    return new Program(
        name,
        List.of(
            new Program.Input("seeds", new TensorType(DType.FLOAT32, Shape.of(SEEDS)), false),
            new Program.Input("key", new TensorType(DType.INT64, Shape.of()), false)),
        List.of(new TensorType(DType.FLOAT32, Shape.of(calls))),
        text.toString(),
        0);
  }

  /** An operand out of the seeds; each begins elsewhere among them. */
  private static String made(Operand operand, int set) {
    long start = Math.floorMod(operand.name().hashCode() + 7919L * set, SEEDS / 2);
    long period = SEEDS - start;
    long repeats = (operand.elements() + period - 1) / period;
    String row =
        String.format(
            Locale.ROOT,
            "torch.reshape(torch.narrow(torch.repeat(torch.narrow(seeds, 0, %d, %d), [%d]), 0, 0,"
                + " %d), %s)",
            start,
            period,
            repeats,
            operand.elements(),
            Arrays.toString(operand.sizes()));
    String cast = operand.type() == FLOAT32 ? row : "torch.to(" + row + ", " + operand.type() + ")";
    return "torch.clone(" + String.format(Locale.ROOT, operand.finish(), cast) + ")";
  }
}
