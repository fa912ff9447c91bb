package dev.tessera.jobs.bench;

import dev.tessera.jobs.run.Console;
import dev.tessera.models.UserException;
import dev.tessera.models.runtime.Gpus;
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
 * Allreduce between processes of this machine, one compute thread each: ours over TCP against
 * PyTorch's Gloo, or between GPUs ours through NCCL against PyTorch's. The contenders take turns;
 * the ratio is the median of the pairs' ratios, the peer's seconds over ours.
 *
 * <p>Between GPUs calls follow each other without waiting, as NVIDIA's own tests do; a time is that
 * of many divided by their number. Bus bandwidth is bytes a second times {@code 2 (n-1)/n}: what a
 * ring sends over each link, to be held against the hardware's.
 */
final class AllReduceBench {

  private static final int THREADS = 1;
  private static final long CPU_BYTES_A_TURN = 64L << 20;
  private static final long GPU_BYTES_A_TURN = 8L << 30;

  private final AllReduceRecipe recipe;
  private final BenchReport report;

  private AllReduceBench(AllReduceRecipe recipe, BenchReport report) {
    this.recipe = recipe;
    this.report = report;
  }

  static void run(AllReduceRecipe recipe, Console console) throws IOException {
    if (recipe.gpu() && Gpus.count() < recipe.ranks()) {
      throw new UserException(
          "bench allreduce: "
              + recipe.ranks()
              + " ranks need as many GPUs, and this process sees "
              + Gpus.count()
              + ": set ranks, or device=cpu.");
    }
    boolean plain = recipe.against() == AllReduceRecipe.Against.PLAIN;
    Optional<PythonPeer> peer = plain ? Optional.empty() : PythonPeer.find(console);
    new AllReduceBench(recipe, BenchReport.start("allreduce", console)).measure(peer);
  }

  private void measure(Optional<PythonPeer> python) throws IOException {
    boolean plain = recipe.against() == AllReduceRecipe.Against.PLAIN;
    String peer = plain ? "plain" : recipe.gpu() ? "torch" : "gloo";
    try (Contender ours = ours("ours", recipe.encryption());
        Contender theirs =
            plain ? ours("plain", false) : python.isPresent() ? theirs(python.get()) : null) {
      report.line(
          (recipe.gpu() ? "NCCL, a GPU each" : recipe.algorithm().toString())
              + ", "
              + recipe.ranks()
              + " processes, "
              + THREADS
              + " compute thread each");
      report.line(
          String.format(
              Locale.ROOT,
              "%10s   %-26s %18s   %-26s %s",
              "bytes",
              "ours ms (range)",
              "GB/s, of the bus",
              peer + " ms (range)",
              "ratio (range)"));
      for (long bytes = recipe.minBytes(); bytes <= recipe.largest(); bytes *= 4) {
        report.row(measure(bytes, ours, theirs));
      }
    }
    report.write(Path.of(recipe.output()));
  }

  private Contender ours(String name, boolean encryption) throws IOException {
    List<List<String>> commands = new ArrayList<>();
    for (int rank = 0; rank < recipe.ranks(); rank++) {
      commands.add(
          ChildJvm.command(
              AllReduceRank.class,
              "" + rank,
              recipe.algorithm().name(),
              recipe.device().name(),
              "" + encryption));
    }
    Contender ours = new Contender(commands, THREADS);
    ours.tellAll(String.join(" ", ours.readAll())); // Every rank's port to all.
    report.line(name + ": " + ours.readAll().get(0));
    return ours;
  }

  private Contender theirs(PythonPeer peer) throws IOException {
    String script = recipe.gpu() ? "nccl_allreduce.py" : "gloo_allreduce.py";
    String port = Integer.toString(freePort());
    List<List<String>> commands = new ArrayList<>();
    for (int rank = 0; rank < recipe.ranks(); rank++) {
      commands.add(peer.command(script, "" + rank, "" + recipe.ranks(), port, "" + THREADS));
    }
    Contender theirs = new Contender(commands, THREADS);
    report.line("peer: " + theirs.readAll().get(0));
    return theirs;
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  private Map<String, Object> measure(long bytes, Contender ours, Contender peer)
      throws IOException {
    long volume = recipe.gpu() ? GPU_BYTES_A_TURN : CPU_BYTES_A_TURN;
    int iterations = (int) Math.max(3, Math.min(200, volume / bytes));
    int pairs = recipe.pairs();
    double[] mine = new double[pairs];
    double[] theirs = new double[pairs];
    double[] ratios = new double[pairs];
    for (int i = 0; i < pairs; i++) {
      String turn = "run " + bytes + " " + (i == 0 ? iterations : 2) + " " + iterations;
      mine[i] = ours.time(turn).median();
      theirs[i] = peer == null ? Double.NaN : peer.time(turn).median();
      ratios[i] = theirs[i] / mine[i];
    }
    double bandwidth = bytes / Spread.of(mine).median();
    double bus = bandwidth * 2 * (recipe.ranks() - 1) / recipe.ranks();
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("bytes", bytes);
    row.put("iterations", iterations);
    row.put("oursSeconds", mine);
    row.put("bytesPerSecond", bandwidth);
    row.put("busBytesPerSecond", bus);
    String line =
        String.format(
            Locale.ROOT,
            "%10d   %-26s %8.2f, %8.2f   ",
            bytes,
            Spread.of(mine).text(1e3),
            bandwidth / 1e9,
            bus / 1e9);
    if (peer != null) {
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
