package dev.tessera.jobs.bench;

import dev.tessera.jobs.run.Console;
import dev.tessera.jobs.train.Ranks;
import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Initializer;
import dev.tessera.models.graph.Scope;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.optimizer.AdamW;
import dev.tessera.models.runtime.Libtorch;
import dev.tessera.models.runtime.NativeTensor;
import dev.tessera.models.runtime.TorchRuntime;
import dev.tessera.models.train.EmaRecipe;
import dev.tessera.models.train.Group;
import dev.tessera.models.train.OptimizerRecipe;
import dev.tessera.models.train.UpdateTrial;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * The update of a step against what the memory allows: each vector of the state read once and
 * written once, and the gradient once more for its norm, at the rate of a copy within the device.
 */
final class UpdateBench {

  private static final int PEER_SECONDS = 120;
  private static final double DECAY = 0.01;
  private static final double CLIP = 1;

  private final UpdateBenchRecipe recipe;
  private final BenchReport report;
  private final Map<String, Object> row = new LinkedHashMap<>();

  private UpdateBench(UpdateBenchRecipe recipe, BenchReport report) {
    this.recipe = recipe;
    this.report = report;
  }

  static void run(UpdateBenchRecipe recipe, Console console) throws IOException {
    Optional<PythonPeer> python = PythonPeer.find(console);
    UpdateBench bench = new UpdateBench(recipe, BenchReport.start("optimizer", console));
    Path output = Path.of(recipe.output());
    PeerComparison comparison = bench.measure();
    bench.report.save(output);
    if (python.isPresent()) {
      comparison.run(List.of(bench.peer()), python.get(), PEER_SECONDS, output);
    }
    bench.report.write(output);
  }

  private PeerComparison measure() {
    boolean gpu = recipe.device() == Ranks.Device.GPU;
    try (TorchRuntime runtime = gpu ? TorchRuntime.onGpu(0) : TorchRuntime.onCpu()) {
      report.device(runtime);
      Spread update = update(runtime);
      double rate = copyRate(runtime);
      double bytes = (double) recipe.size() * Float.BYTES * (recipe.average() ? 10 : 8);
      row.put("device", recipe.device().name().toLowerCase(Locale.ROOT));
      row.put("threads", Libtorch.threads());
      row.put("parameters", recipe.size());
      row.put("average", recipe.average());
      row.put("milliseconds", 1e3 * update.median());
      row.put("updateSeconds", update);
      row.put("bytes", bytes);
      row.put("bytesPerSecond", bytes / update.median());
      row.put("copyBytesPerSecond", rate);
      report.row(row);
      report.line(
          String.format(
              Locale.ROOT,
              "%,d parameters: %s ms an update (range), %.2f GB at %.0f GB/s; a copy runs at"
                  + " %.0f GB/s",
              recipe.size(),
              update.text(1e3),
              bytes / 1e9,
              bytes / update.median() / 1e9,
              rate / 1e9));
      PeerComparison comparison = new PeerComparison(report, row);
      comparison.add("floor", 1e3 * bytes / rate);
      return comparison;
    }
  }

  private Spread update(TorchRuntime runtime) {
    try (UpdateTrial trial = new UpdateTrial(runtime, group())) {
      trial.prepare();
      return new DeviceRounds(runtime, recipe.rounds(), recipe.steps()).time(trial::run);
    }
  }

  private Group group() {
    Scope scope = Scope.group("vector");
    for (int i = 0; i < recipe.tensors(); i++) {
      scope.child(i).matrix("weight", Shape.of(recipe.tensorSize()), Initializer.zeros());
    }
    OptimizerRecipe optimizer =
        new OptimizerRecipe(new AdamW(0.9, 0.99, 1e-8), 1e-4).withDecay(DECAY).withClip(CLIP);
    return new Group(
        scope.layout(),
        optimizer,
        recipe.average() ? Optional.of(EmaRecipe.defaults()) : Optional.empty());
  }

  /** Bytes a second that a copy within the device reads and writes. */
  private double copyRate(TorchRuntime runtime) {
    Shape shape = Shape.of(recipe.size());
    try (NativeTensor from = runtime.zeros(DType.FLOAT32, shape);
        NativeTensor to = runtime.zeros(DType.FLOAT32, shape)) {
      Spread copy =
          new DeviceRounds(runtime, recipe.rounds(), recipe.steps()).time(() -> to.copyFrom(from));
      return 2.0 * recipe.size() * Float.BYTES / copy.median();
    }
  }

  private PeerRun peer() {
    Map<String, Object> ask = new LinkedHashMap<>();
    ask.put("tensors", recipe.tensors());
    ask.put("tensorSize", recipe.tensorSize());
    ask.put("average", recipe.average());
    ask.put("weightDecay", DECAY);
    ask.put("clipNorm", CLIP);
    ask.put("device", recipe.device() == Ranks.Device.GPU ? "cuda" : "cpu");
    ask.put("rounds", recipe.rounds());
    ask.put("steps", recipe.steps());
    return new PeerRun("fused AdamW", "optimizer.py", ask);
  }
}
