package dev.tessera.jobs.bench;

import dev.tessera.jobs.run.Console;
import dev.tessera.jobs.train.Ranks;
import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Program;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.Tensor;
import dev.tessera.models.graph.Trace;
import dev.tessera.models.runtime.Executable;
import dev.tessera.models.runtime.Libtorch;
import dev.tessera.models.runtime.NativeTensor;
import dev.tessera.models.runtime.TorchRuntime;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;

/**
 * Attention, forward and with its gradient, as a program of ours and as PyTorch's own call: the
 * same function, from float32 operands to float32 results.
 */
final class AttentionBench {

  private static final int PEER_SECONDS = 120;

  /** What the GPU has in use beyond what it had before the first tensor, on either side. */
  private static final String MEMORY = "usedGiB";

  private static final double GIB = Math.pow(2, 30);

  /** FlashAttention's backward pass is five matrix products to the forward pass's two. */
  private static final double WITH_GRADIENT = 3.5;

  private static final List<String> OPERANDS = List.of("queries", "keys", "values");
  private static final List<String> WITH_DIRECTION =
      List.of("queries", "keys", "values", "direction");

  private final AttentionBenchRecipe recipe;
  private final BenchReport report;

  private AttentionBench(AttentionBenchRecipe recipe, BenchReport report) {
    this.recipe = recipe;
    this.report = report;
  }

  static void run(AttentionBenchRecipe recipe, Console console) throws IOException {
    Optional<PythonPeer> python = PythonPeer.find(console);
    AttentionBench bench = new AttentionBench(recipe, BenchReport.start("attention", console));
    Path output = Path.of(recipe.output());
    List<Map<String, Object>> rows = bench.measure();
    bench.report.save(output);
    for (int i = 0; python.isPresent() && i < rows.size(); i++) {
      PeerComparison comparison = new PeerComparison(bench.report, rows.get(i));
      comparison.run(List.of(bench.peer(i > 0)), python.get(), PEER_SECONDS, output);
      comparison.compareMemory(MEMORY);
    }
    bench.report.write(output);
  }

  /** Forward, then with the gradient, which needs more memory: both on one stream of the GPU. */
  private List<Map<String, Object>> measure() {
    boolean gpu = recipe.device() == Ranks.Device.GPU;
    List<Map<String, Object>> rows = new ArrayList<>();
    try (TorchRuntime runtime = gpu ? TorchRuntime.onGpu(0) : TorchRuntime.onCpu()) {
      report.device(runtime);
      // CUDA takes memory for a process's first kernel, whatever it does; the peer's have run too.
      runtime.zeros(DType.FLOAT32, Shape.of(1)).close();
      long before = used(runtime);
      for (boolean gradient : new boolean[] {false, true}) {
        Spread seconds = time(runtime, program(gradient));
        rows.add(row(gradient, seconds, used(runtime) - before));
      }
    }
    return rows;
  }

  private Spread time(TorchRuntime runtime, Program program) {
    List<NativeTensor> arguments = new ArrayList<>();
    program.inputs().forEach(input -> arguments.add(random(runtime, arguments.size())));
    try (Executable executable = runtime.load(program)) {
      return new DeviceRounds(runtime, recipe.rounds(), recipe.steps())
          .time(() -> executable.run(arguments).close());
    } finally {
      arguments.forEach(NativeTensor::close);
    }
  }

  private Map<String, Object> row(boolean gradient, Spread seconds, long used) {
    double flops = recipe.forwardFlops() * (gradient ? WITH_GRADIENT : 1);
    double call = seconds.median() / recipe.calls();
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("work", gradient ? "forward and backward" : "forward");
    row.put("recipe", recipe);
    row.put("threads", Libtorch.threads());
    row.put("milliseconds", 1e3 * call);
    row.put("programSeconds", seconds);
    row.put("flopsPerSecond", flops / call);
    row.put(MEMORY, used / GIB);
    report.row(row);
    report.line(
        String.format(
            Locale.ROOT,
            "%s, %d tokens, %d heads of %d, %s: %s ms a call (range), %.1f TFLOP/s, %.2f GiB",
            row.get("work"),
            recipe.tokens(),
            recipe.heads(),
            recipe.headWidth(),
            recipe.precision(),
            seconds.text(1e3 / recipe.calls()),
            flops / call / 1e12,
            used / GIB));
    return row;
  }

  private static long used(TorchRuntime runtime) {
    return runtime.onGpu() ? runtime.gpu().totalBytes() - runtime.gpu().freeBytes() : 0;
  }

  private Shape shape() {
    return Shape.of(recipe.batch(), recipe.heads(), recipe.tokens(), recipe.headWidth());
  }

  private NativeTensor random(TorchRuntime runtime, long seed) {
    NativeTensor tensor = runtime.zeros(DType.FLOAT32, shape());
    float[] values = new float[Math.toIntExact(tensor.size())];
    Random random = new Random(seed);
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    tensor.set(values);
    return tensor;
  }

  private Program program(boolean gradient) {
    Trace trace = new Trace("attention", recipe.precision().graph());
    List<Tensor> inputs = new ArrayList<>();
    for (String name : gradient ? WITH_DIRECTION : OPERANDS) {
      inputs.add(trace.input(name, DType.FLOAT32, shape()));
    }
    List<Tensor> operands =
        inputs.subList(0, OPERANDS.size()).stream()
            .map(input -> gradient ? input.leaf() : input)
            .toList();
    // Once, not at every call.
    List<Tensor> cast =
        operands.stream().map(t -> t.cast(recipe.precision().graph().compute())).toList();
    Tensor x = cast.get(0);
    for (int i = 0; i < recipe.calls(); i++) {
      x = x.attention(cast.get(1), cast.get(2), recipe.causal());
    }
    Tensor result = x.master();
    if (!gradient) {
      return trace.finish(result);
    }
    List<Tensor> gradients =
        trace.grad(
            List.of(result),
            operands,
            inputs.subList(OPERANDS.size(), inputs.size()),
            false,
            false);
    return trace.finish(gradients.toArray(Tensor[]::new));
  }

  private PeerRun peer(boolean gradient) {
    Map<String, Object> ask = new LinkedHashMap<>();
    ask.put("batch", recipe.batch());
    ask.put("tokens", recipe.tokens());
    ask.put("heads", recipe.heads());
    ask.put("headWidth", recipe.headWidth());
    ask.put("precision", recipe.precision().name().toLowerCase(Locale.ROOT));
    ask.put("causal", recipe.causal());
    ask.put("calls", recipe.calls());
    ask.put("gradient", gradient);
    ask.put("device", recipe.device() == Ranks.Device.GPU ? "cuda" : "cpu");
    ask.put("rounds", recipe.rounds());
    ask.put("steps", recipe.steps());
    return new PeerRun("sdpa", "attention.py", ask);
  }
}
