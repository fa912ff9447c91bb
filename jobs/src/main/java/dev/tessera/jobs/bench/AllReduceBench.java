package dev.tessera.jobs.bench;

import dev.tessera.jobs.run.Console;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Allreduce between two processes of this machine, ours over TCP against PyTorch's Gloo, one
 * compute thread each. The contenders take turns; the ratio is the median of the pairs' ratios,
 * Gloo's seconds over ours.
 */
final class AllReduceBench {

  private static final int RANKS = 2;
  private static final int THREADS = 1;

  private AllReduceBench() {}

  static void run(AllReduceRecipe recipe, Console console) throws IOException {
    Optional<PythonPeer> peer = PythonPeer.find(console);
    BenchReport report = BenchReport.start("allreduce", console);
    try (Contender ours = ours(recipe);
        Contender gloo = peer.isPresent() ? gloo(peer.get()) : null) {
      report.line(
          recipe.algorithm() + ", " + RANKS + " processes, " + THREADS + " compute thread each");
      report.line(
          "     bytes   ours ms (range)            gloo ms (range)            ratio (range)");
      for (long bytes = recipe.minBytes(); bytes <= recipe.maxBytes(); bytes *= 4) {
        report.row(measure(bytes, ours, gloo, recipe.pairs(), report));
      }
    }
    report.write(Path.of(recipe.output()));
  }

  private static Contender ours(AllReduceRecipe recipe) throws IOException {
    List<List<String>> commands = new ArrayList<>();
    for (int rank = 0; rank < RANKS; rank++) {
      commands.add(
          ChildJvm.command(AllReduceRank.class, "" + rank, "" + RANKS, recipe.algorithm().name()));
    }
    Contender ours = new Contender(commands, THREADS);
    ours.tellAll(String.join(" ", ours.readAll())); // Every rank's port to all.
    ours.readAll();
    return ours;
  }

  private static Contender gloo(PythonPeer peer) throws IOException {
    String port = Integer.toString(freePort());
    List<List<String>> commands = new ArrayList<>();
    for (int rank = 0; rank < RANKS; rank++) {
      commands.add(peer.command("gloo_allreduce.py", "" + rank, "" + RANKS, port, "" + THREADS));
    }
    Contender gloo = new Contender(commands, THREADS);
    gloo.readAll();
    return gloo;
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  private static Map<String, Object> measure(
      long bytes, Contender ours, Contender gloo, int pairs, BenchReport report)
      throws IOException {
    int iterations = (int) Math.max(3, Math.min(200, (64L << 20) / bytes));
    double[] mine = new double[pairs];
    double[] theirs = new double[pairs];
    double[] ratios = new double[pairs];
    for (int i = 0; i < pairs; i++) {
      String turn = "run " + bytes + " " + (i == 0 ? iterations : 2) + " " + iterations;
      mine[i] = ours.time(turn).median();
      theirs[i] = gloo == null ? Double.NaN : gloo.time(turn).median();
      ratios[i] = theirs[i] / mine[i];
    }
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("bytes", bytes);
    row.put("iterations", iterations);
    row.put("oursSeconds", mine);
    String line = String.format(Locale.ROOT, "%10d   %-26s ", bytes, Spread.of(mine).text(1e3));
    if (gloo != null) {
      row.put("peerSeconds", theirs);
      row.put("ratio", Spread.of(ratios));
      line +=
          String.format(
              Locale.ROOT, "%-26s %s", Spread.of(theirs).text(1e3), Spread.of(ratios).text(1));
    }
    report.line(line);
    return row;
  }
}
