package dev.tessera.jobs.bench;

import dev.tessera.jobs.run.Console;
import dev.tessera.models.evaluation.FeatureMoments;
import dev.tessera.models.evaluation.FrechetDistance;
import dev.tessera.models.evaluation.MomentAccumulator;
import dev.tessera.models.runtime.Libtorch;
import dev.tessera.models.runtime.TorchRuntime;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;

/** The linear algebra of {@code evaluate}: moments of a set's features, and the distance. */
final class EvaluateBench {

  private static final int BATCH = 64;

  private final EvaluateBenchRecipe recipe;
  private final SplittableRandom random = new SplittableRandom(1);
  private double momentSeconds;

  private EvaluateBench(EvaluateBenchRecipe recipe) {
    this.recipe = recipe;
  }

  static void run(EvaluateBenchRecipe recipe, Console console) throws IOException {
    Optional<PythonPeer> python = PythonPeer.find(console, "numpy, scipy");
    BenchReport report = BenchReport.start("evaluate", console);
    Libtorch.useThreads(recipe.threads());
    Map<String, Object> row = new EvaluateBench(recipe).measure();
    report.row(row);
    report.line(
        String.format(
            Locale.ROOT,
            "%,d pictures of %,d features, %d threads: moments %.1f s, distance %.1f s",
            recipe.pictures(),
            recipe.features(),
            recipe.threads(),
            (Double) row.get("momentSeconds"),
            (Double) row.get("distanceSeconds")));
    Path output = Path.of(recipe.output());
    report.save(output);
    PeerComparison comparison = new PeerComparison(report, row);
    if (python.isPresent()) {
      comparison.run(
          List.of(peer(recipe, "sqrtm"), peer(recipe, "eigh")),
          python.get(),
          recipe.peerSeconds(),
          output);
    }
    report.write(output);
  }

  private Map<String, Object> measure() {
    try (TorchRuntime runtime = TorchRuntime.onCpu()) {
      FeatureMoments set = moments(runtime);
      FeatureMoments other = other();
      long start = System.nanoTime();
      double distance = FrechetDistance.between(runtime, set, other);
      double seconds = (System.nanoTime() - start) / 1e9;
      Map<String, Object> row = new LinkedHashMap<>();
      row.put("pictures", recipe.pictures());
      row.put("features", recipe.features());
      row.put("threads", recipe.threads());
      row.put("momentSeconds", momentSeconds);
      row.put("distanceSeconds", seconds);
      row.put("distance", distance);
      row.put(PeerComparison.MILLISECONDS, 1e3 * (momentSeconds + seconds));
      return row;
    }
  }

  /** Of uniform numbers, whose making is not measured. */
  private FeatureMoments moments(TorchRuntime runtime) {
    float[] batch = new float[BATCH * recipe.features()];
    long nanos = 0;
    try (MomentAccumulator accumulator = new MomentAccumulator(runtime, recipe.features())) {
      for (int first = 0; first < recipe.pictures(); first += BATCH) {
        for (int i = 0; i < batch.length; i++) {
          batch[i] = (float) random.nextDouble();
        }
        long start = System.nanoTime();
        accumulator.accumulate(batch, Math.min(BATCH, recipe.pictures() - first));
        nanos += System.nanoTime() - start;
      }
      long start = System.nanoTime();
      FeatureMoments result = accumulator.result();
      momentSeconds = (nanos + System.nanoTime() - start) / 1e9;
      return result;
    }
  }

  /** Independent features of another mean and other variances. */
  private FeatureMoments other() {
    int d = recipe.features();
    double[] covariance = new double[d * d];
    for (int i = 0; i < d; i++) {
      covariance[i * d + i] = 0.05 + 0.1 * i / d;
    }
    return FeatureMoments.of(recipe.pictures(), new double[d], covariance);
  }

  private static PeerRun peer(EvaluateBenchRecipe recipe, String root) {
    Map<String, Object> ask = new LinkedHashMap<>();
    ask.put("pictures", recipe.pictures());
    ask.put("features", recipe.features());
    ask.put("root", root);
    return new PeerRun("numpy and scipy, " + root, "evaluate.py", ask);
  }
}
