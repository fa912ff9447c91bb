package dev.tessera.jobs.bench;

import dev.tessera.jobs.run.Console;
import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.runtime.Executable;
import dev.tessera.models.runtime.GpuFacts;
import dev.tessera.models.runtime.GraphStream;
import dev.tessera.models.runtime.NativeTensor;
import dev.tessera.models.runtime.Results;
import dev.tessera.models.runtime.StepGraph;
import dev.tessera.models.runtime.TorchRuntime;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * Our operators on one GPU, each as the difference between captured graphs with many calls and with
 * few, over operands that the cache does not hold. The peer is a copy within the same memory: what
 * an operator that only moves its bytes could reach.
 */
final class KernelBench {

  private static final int FEW = 2;

  /** Bytes that the further calls move, so that a graph's own spread is small beside them. */
  private static final long FURTHER = 4L << 30;

  private static final long COPIED = 1L << 28;

  private final TorchRuntime runtime;
  private final KernelBenchRecipe recipe;
  private final BenchReport report;
  private final NativeTensor seeds;
  private final NativeTensor key;

  private KernelBench(
      TorchRuntime runtime,
      KernelBenchRecipe recipe,
      BenchReport report,
      NativeTensor seeds,
      NativeTensor key) {
    this.runtime = runtime;
    this.recipe = recipe;
    this.report = report;
    this.seeds = seeds;
    this.key = key;
  }

  static void run(KernelBenchRecipe recipe, Console console) throws IOException {
    try (TorchRuntime runtime = TorchRuntime.onGpu(recipe.device());
        NativeTensor seeds = runtime.zeros(DType.FLOAT32, Shape.of(KernelCase.SEEDS));
        NativeTensor key = runtime.scalar(42L)) {
      seeds.set(normals(new SplittableRandom(1)));
      BenchReport report = BenchReport.start("kernels", console);
      new KernelBench(runtime, recipe, report, seeds, key).measure();
      report.write(Path.of(recipe.output()));
    }
  }

  private static float[] normals(SplittableRandom random) {
    float[] values = new float[KernelCase.SEEDS];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  private void measure() {
    GpuFacts gpu = runtime.gpu();
    report.line(
        String.format(
            Locale.ROOT,
            "compute capability %d, %d multiprocessors, %.1f GiB; operators in bfloat16",
            gpu.capability(),
            gpu.multiprocessors(),
            gpu.totalBytes() / Math.pow(2, 30)));
    report.line(
        String.format(
            Locale.ROOT,
            "%-52s %-30s %9s %8s %8s",
            "operator",
            "us (range)",
            "MB",
            "GB/s",
            "of copy"));
    double copy = row(KernelCase.copy(COPIED), Double.NaN);
    for (KernelCase kernel : KernelCase.all(false)) {
      row(kernel, copy);
    }
  }

  /** Measures and prints one case; its bytes a second. */
  private double row(KernelCase kernel, double copy) {
    Spread seconds = seconds(kernel);
    double rate = kernel.bytes() / seconds.median();
    double share = Double.isNaN(copy) ? 1 : rate / copy;
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("operator", kernel.name());
    row.put("seconds", seconds);
    row.put("bytes", kernel.bytes());
    row.put("bytesPerSecond", rate);
    row.put("shareOfCopy", share);
    report.row(row);
    report.line(
        String.format(
            Locale.ROOT,
            "%-52s %-30s %9.1f %8.0f %7.1f%%",
            kernel.name(),
            seconds.text(1e6),
            kernel.bytes() / 1e6,
            rate / 1e9,
            100 * share));
    return rate;
  }

  /** Of one call: the rest of the graphs, which makes the operands, is in both. */
  private Spread seconds(KernelCase kernel) {
    int further = (int) Math.max(10, Math.min(100, FURTHER / kernel.bytes()));
    double[] few = launches(kernel, FEW);
    double[] many = launches(kernel, FEW + further);
    double[] each = new double[many.length];
    double rest = Spread.of(few).median();
    for (int i = 0; i < each.length; i++) {
      each[i] = (many[i] - rest) / further;
    }
    return Spread.of(each);
  }

  private double[] launches(KernelCase kernel, int calls) {
    List<Results> kept = new ArrayList<>();
    try (Executable program = runtime.load(kernel.program(calls));
        GraphStream stream = new GraphStream(runtime)) {
      for (int i = 0; i < 2; i++) {
        stream.run(() -> program.run(seeds, key).close());
      }
      try (StepGraph graph = stream.capture(() -> kept.add(program.run(seeds, key)))) {
        return timed(graph);
      } finally {
        runtime.synchronize();
        kept.forEach(Results::close);
      }
    }
  }

  private double[] timed(StepGraph graph) {
    double[] seconds = new double[recipe.launches()];
    for (int i = -2; i < seconds.length; i++) {
      runtime.synchronize();
      long start = System.nanoTime();
      graph.launch();
      runtime.synchronize();
      if (i >= 0) {
        seconds[i] = 1e-9 * (System.nanoTime() - start);
      }
    }
    return seconds;
  }
}
