package dev.tessera.jobs.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Adds to our row what peers measure, one after another, and the ratio of each to ours: above 1
 * where ours is faster.
 */
final class PeerComparison {

  /** Time of ours and of a peer, by which they are compared. */
  static final String MILLISECONDS = "milliseconds";

  private static final String PEERS = "peers";

  private final BenchReport report;
  private final Map<String, Object> ours;
  private final List<Map<String, Object>> peers = new ArrayList<>();

  /** Of the row {@code ours}, which has {@value #MILLISECONDS}. */
  PeerComparison(BenchReport report, Map<String, Object> ours) {
    this.report = report;
    this.ours = ours;
    ours.put(PEERS, peers);
  }

  /** Measures each in a process of its own; what is known is kept after each. */
  void run(List<PeerRun> runs, PythonPeer python, int limitSeconds, Path output)
      throws IOException {
    int threads = ((Number) ours.getOrDefault("threads", 1)).intValue();
    for (PeerRun run : runs) {
      add(run.measure(python, threads, limitSeconds));
      report.save(output);
    }
  }

  /** Adds a peer that took so many milliseconds, without a process of its own. */
  void add(String peer, double milliseconds) {
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("peer", peer);
    row.put(MILLISECONDS, milliseconds);
    add(row);
  }

  /**
   * Adds, for each peer that told its memory, the ratio of that to ours.
   *
   * @param key of the memory in our row and in theirs
   */
  void compareMemory(String key) {
    for (Map<String, Object> peer : List.copyOf(peers)) {
      double own = ((Number) ours.get(key)).doubleValue();
      if (own > 0 && peer.get(key) instanceof Number theirs) {
        double ratio = theirs.doubleValue() / own;
        peers.add(Map.of("peer", peer.get("peer") + " memory", "ratio", ratio));
        report.line(String.format(Locale.ROOT, "%s: memory's ratio %.3f", peer.get("peer"), ratio));
      }
    }
  }

  private void add(Map<String, Object> row) {
    peers.add(row);
    if (!row.containsKey(MILLISECONDS)) {
      row.putIfAbsent("reason", "it told no time");
      report.line(row.get("peer") + ": not measured, " + row.get("reason"));
      return;
    }
    double theirs = ((Number) row.get(MILLISECONDS)).doubleValue();
    double ratio = theirs / ((Number) ours.get(MILLISECONDS)).doubleValue();
    row.put("ratio", ratio);
    report.line(
        String.format(
            Locale.ROOT, "%s: %.3f ms%s, ratio %.3f", row.get("peer"), theirs, rest(row), ratio));
  }

  private static String rest(Map<String, Object> row) {
    StringBuilder text = new StringBuilder();
    if (row.get("imagesPerSecond") instanceof Number images) {
      text.append(String.format(Locale.ROOT, ", %.0f images/s", images.doubleValue()));
    }
    Object memory = row.getOrDefault("usedGiB", row.get("reservedGiB"));
    if (memory instanceof Number gib) {
      text.append(String.format(Locale.ROOT, ", %.2f GiB", gib.doubleValue()));
    }
    return text.toString();
  }
}
