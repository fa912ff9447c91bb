package dev.tessera.jobs.bench;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tessera.jobs.run.Console;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Training steps of the real loop against the same models in PyTorch eager: equal weights, batch,
 * threads and optimiser. Contenders are processes that take turns; a ratio above 1 means that ours
 * is faster. Where a peer's loss or gradient differs, nothing is measured.
 */
final class TrainStepBench {

  /** Greatest relative difference of metrics and gradients that counts as the same model. */
  private static final double TOLERANCE = 1e-4;

  private final TrainStepRecipe recipe;
  private final Optional<PythonPeer> peer;
  private final BenchReport report;

  private TrainStepBench(TrainStepRecipe recipe, Optional<PythonPeer> peer, BenchReport report) {
    this.recipe = recipe;
    this.peer = peer;
    this.report = report;
  }

  static void run(TrainStepRecipe recipe, Console console) throws IOException {
    BenchReport report = BenchReport.start("train-step", console);
    TrainStepBench bench = new TrainStepBench(recipe, PythonPeer.find(console), report);
    report.line(
        "case               batch threads  ours ms a step (range)     PyTorch ms a step (range)"
            + "  ratio (range)       ratio of CPU time");
    for (TrainStepCase subject : recipe.cases()) {
      for (int batch : recipe.batches()) {
        for (int threads : recipe.threads()) {
          bench.measure(subject, batch, threads);
        }
      }
    }
    report.write(Path.of(recipe.output()));
  }

  private void measure(TrainStepCase subject, int batch, int threads) throws IOException {
    Path folder = Files.createTempDirectory("tessera-bench");
    Path sample = folder.resolve("sample.safetensors");
    try (Contender ours = ours(subject, batch, threads)) {
      ours.ask("run"); // Warm-up, and weights that are no longer zero.
      long parameters = Long.parseLong(ours.ask("export " + sample));
      Map<String, Object> row = new LinkedHashMap<>();
      row.put("case", subject.label());
      row.put("batch", batch);
      row.put("threads", threads);
      row.put("parameters", parameters);
      if (peer.isEmpty()) {
        alone(row, ours);
      } else {
        try (Contender theirs = theirs(subject, threads, sample)) {
          requireSame(row, parameters, theirs.readAll().get(0));
          theirs.ask(turn());
          alternate(row, ours, theirs);
        }
      }
      report.row(row);
    } finally {
      Files.deleteIfExists(sample);
      Files.delete(folder);
    }
  }

  private String turn() {
    return "run " + recipe.steps();
  }

  private Contender ours(TrainStepCase subject, int batch, int threads) throws IOException {
    List<String> command =
        ChildJvm.command(
            TrainStepWorker.class, subject.name(), "" + batch, "" + threads, "" + recipe.steps());
    return new Contender(List.of(command), threads);
  }

  private Contender theirs(TrainStepCase subject, int threads, Path sample) throws IOException {
    List<String> command =
        peer.orElseThrow()
            .command("train_step.py", subject.label(), "" + threads, sample.toString());
    return new Contender(List.of(command), threads);
  }

  private static void requireSame(Map<String, Object> row, long parameters, String greeting)
      throws IOException {
    JsonNode peer = Json.MAPPER.readTree(greeting);
    double metricError = peer.get("metricError").asDouble();
    double gradientError = peer.get("gradientError").asDouble();
    row.put("torch", peer.get("torch").asText());
    row.put("metricError", metricError);
    row.put("gradientError", gradientError);
    boolean same =
        peer.get("parameters").asLong() == parameters
            && metricError <= TOLERANCE
            && gradientError <= TOLERANCE;
    if (!same) {
      throw new IOException(
          "the peer of "
              + row.get("case")
              + " is another model: ours has "
              + parameters
              + " parameters, it says "
              + greeting);
    }
  }

  private void alternate(Map<String, Object> row, Contender ours, Contender theirs)
      throws IOException {
    double[] mine = new double[recipe.pairs()];
    double[] peers = new double[recipe.pairs()];
    double[] ratios = new double[recipe.pairs()];
    double cpu = -cpu(ours);
    double peerCpu = -cpu(theirs);
    for (int i = 0; i < mine.length; i++) {
      // Who goes first changes from pair to pair.
      if (i % 2 == 0) {
        mine[i] = ours.time(turn()).median();
      }
      peers[i] = theirs.time(turn()).median();
      if (i % 2 == 1) {
        mine[i] = ours.time(turn()).median();
      }
      ratios[i] = peers[i] / mine[i];
    }
    cpu += cpu(ours);
    peerCpu += cpu(theirs);
    row.put("oursSeconds", mine);
    row.put("peerSeconds", peers);
    row.put("cpuRatio", peerCpu / cpu);
    row.put("ratio", Spread.of(ratios));
    report.line(
        head(row)
            + String.format(
                Locale.ROOT,
                "%-26s %-26s %-20s %.3f",
                Spread.of(mine).text(1e3),
                Spread.of(peers).text(1e3),
                Spread.of(ratios).text(1),
                peerCpu / cpu));
  }

  /** Processor seconds so far: on a machine with other work they tell more than the clock. */
  private static double cpu(Contender contender) throws IOException {
    return Double.parseDouble(contender.ask("cpu"));
  }

  private void alone(Map<String, Object> row, Contender ours) throws IOException {
    double[] mine = new double[recipe.pairs()];
    for (int i = 0; i < mine.length; i++) {
      mine[i] = ours.time(turn()).median();
    }
    row.put("oursSeconds", mine);
    report.line(head(row) + Spread.of(mine).text(1e3));
  }

  private static String head(Map<String, Object> row) {
    return String.format(
        Locale.ROOT, "%-18s %5s %7s  ", row.get("case"), row.get("batch"), row.get("threads"));
  }
}
