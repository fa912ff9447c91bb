package dev.tessera.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.File;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Allreduce between two processes of this machine, ours over TCP against PyTorch's Gloo, 4 KiB to
 * 256 MiB, one compute thread each. The contenders take turns; the ratio is the median of the
 * pairs' ratios, Gloo's seconds over ours.
 *
 * <p>Usage: {@code AllReduceBench OUTPUT.json [PYTHON [RING|TREE [PAIRS]]]}; the interpreter, with
 * torch installed, may also stand in the environment variable PYTHON. Run it in the folder {@code
 * bench}.
 */
public final class AllReduceBench {

  private static final long MIN_BYTES = 4 << 10;
  private static final long MAX_BYTES = 256 << 20;
  private static final int RANKS = 2;
  private static final int THREADS = 1;
  private static final String PEER = "gloo_allreduce.py";

  private AllReduceBench() {}

  public static void main(String[] arguments) throws IOException {
    String python = arguments.length > 1 ? arguments[1] : System.getenv("PYTHON");
    String algorithm = arguments.length > 2 ? arguments[2] : "RING";
    int pairs = arguments.length > 3 ? Integer.parseInt(arguments[3]) : 7;
    List<Map<String, Object>> rows = new ArrayList<>();
    try (PeerPair ours = ours(algorithm);
        PeerPair gloo = gloo(python)) {
      System.out.println(
          "     bytes   ours ms (range)            gloo ms (range)            ratio (range)");
      for (long bytes = MIN_BYTES; bytes <= MAX_BYTES; bytes *= 4) {
        rows.add(measure(bytes, ours, gloo, pairs));
      }
    }
    Map<String, Object> report = new LinkedHashMap<>();
    report.put(
        "benchmark",
        "allreduce " + algorithm + ", " + RANKS + " processes, " + THREADS + " thread each");
    report.put("processors", Runtime.getRuntime().availableProcessors());
    report.put("java", Runtime.version().toString());
    report.put("pairs", pairs);
    report.put("rows", rows);
    new ObjectMapper().writerWithDefaultPrettyPrinter().writeValue(new File(arguments[0]), report);
  }

  private static PeerPair ours(String algorithm) throws IOException {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    List<List<String>> commands = new ArrayList<>();
    for (int rank = 0; rank < RANKS; rank++) {
      List<String> command = new ArrayList<>(List.of(java, "-Xmx512m", "-XX:+UseSerialGC"));
      command.addAll(
          List.of(
              "-Dai.djl.offline=true",
              "-DOPT_OUT_TRACKING=true",
              "-cp",
              System.getProperty("java.class.path")));
      command.addAll(List.of(AllReduceRank.class.getName(), "" + rank, "" + RANKS, algorithm));
      commands.add(command);
    }
    PeerPair pair = new PeerPair(commands, THREADS);
    pair.tellAll(String.join(" ", pair.readAll()));
    pair.readAll();
    return pair;
  }

  /** Null, with the reason printed, where the peer cannot run. */
  private static PeerPair gloo(String python) throws IOException {
    if (python == null || !Files.isExecutable(Path.of(python))) {
      System.out.println(
          "peer not measured: no Python interpreter at "
              + python
              + "; name one with torch as the second argument or in PYTHON");
      return null;
    }
    String port = Integer.toString(freePort());
    List<List<String>> commands = new ArrayList<>();
    for (int rank = 0; rank < RANKS; rank++) {
      commands.add(List.of(python, peer().toString(), "" + rank, "" + RANKS, port, "" + THREADS));
    }
    PeerPair pair = new PeerPair(commands, THREADS);
    try {
      System.out.println("peer: " + pair.readAll().get(0).replace("ready ", ""));
      return pair;
    } catch (IOException e) {
      System.out.println("peer not measured: " + e.getMessage());
      pair.close();
      return null;
    }
  }

  /** The script, from the repository's folder or from that of this module. */
  private static Path peer() {
    Path here = Path.of("peers", PEER);
    return Files.exists(here) ? here : Path.of("bench").resolve(here);
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  private static Map<String, Object> measure(long bytes, PeerPair ours, PeerPair gloo, int pairs)
      throws IOException {
    int iterations = (int) Math.max(3, Math.min(200, (64L << 20) / bytes));
    double[] mine = new double[pairs];
    double[] theirs = new double[pairs];
    double[] ratios = new double[pairs];
    for (int i = 0; i < pairs; i++) {
      mine[i] = median(ours.run(bytes, warmup(i, iterations), iterations));
      theirs[i] =
          gloo == null ? Double.NaN : median(gloo.run(bytes, warmup(i, iterations), iterations));
      ratios[i] = theirs[i] / mine[i];
    }
    System.out.printf(
        Locale.ROOT,
        "%10d   %-26s %-26s %s%n",
        bytes,
        range(mine, 1e3),
        range(theirs, 1e3),
        range(ratios, 1));
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("bytes", bytes);
    row.put("iterations", iterations);
    row.put("oursSeconds", mine);
    row.put("glooSeconds", gloo == null ? null : theirs);
    row.put("ratio", gloo == null ? null : median(ratios));
    return row;
  }

  private static int warmup(int pair, int iterations) {
    return pair == 0 ? iterations : 2;
  }

  private static String range(double[] values, double scale) {
    double[] sorted = Arrays.stream(values).sorted().toArray();
    return String.format(
        Locale.ROOT,
        "%.3f (%.3f-%.3f)",
        median(values) * scale,
        sorted[0] * scale,
        sorted[sorted.length - 1] * scale);
  }

  private static double median(double[] values) {
    double[] sorted = Arrays.stream(values).sorted().toArray();
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }
}
