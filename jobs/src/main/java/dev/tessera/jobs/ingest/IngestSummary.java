package dev.tessera.jobs.ingest;

import dev.tessera.datasets.table.Subset;
import dev.tessera.datasets.table.TableManifest;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What an ingest did.
 *
 * @param output the table's folder, with its file system
 * @param read pictures in the source; always rows written plus rows quarantined
 * @param unlabelled rows of the image table without a label
 * @param reasons quarantined pictures by kind of reason
 * @param warnings number of pictures that were read though something was wrong, by kind of warning
 * @param seconds from the start of the listing to the manifest
 */
public record IngestSummary(
    String output,
    TableManifest manifest,
    long read,
    long unlabelled,
    Map<String, Reason> reasons,
    Map<String, Long> warnings,
    double seconds) {

  private static final int REASONS = 12;

  /** Rows of the image table. */
  public long written() {
    return manifest.rows();
  }

  /** Rows of the quarantine table. */
  public long quarantined() {
    return manifest.quarantined();
  }

  /** Pictures read a second, all tasks together. */
  public double imagesPerSecond() {
    return read / Math.max(seconds, 1e-9);
  }

  /** For the terminal: what was done, and why pictures went to quarantine. */
  public List<String> lines() {
    List<String> lines = new ArrayList<>(List.of("ingest  " + line()));
    lines.addAll(reasonLines(reasons));
    warningLines().forEach(line -> lines.add("  " + line));
    if (unlabelled > 0 && !manifest.classNames().isEmpty()) {
      lines.add(
          String.format(
              Locale.ROOT,
              "  without a class: %,d of %,d rows (no label, or -1)",
              unlabelled,
              written()));
    }
    if (written() > 0 && manifest.rows(Subset.TRAIN) == 0) {
      lines.add(
          "  no row is left to train on: all are held out; heldout=0 keeps those without a split");
    }
    lines.add("table  " + output + classes());
    return lines;
  }

  private String classes() {
    int count = manifest.classNames().size();
    return count == 0
        ? ""
        : String.format(Locale.ROOT, "  %,d %s", count, count == 1 ? "class" : "classes");
  }

  /** {@code quarantined: 3 truncated PNG, such as a.png, b.png}; the most frequent first. */
  static List<String> reasonLines(Map<String, Reason> reasons) {
    List<String> lines = new ArrayList<>();
    reasons.entrySet().stream()
        .sorted(
            Comparator.comparingLong((Map.Entry<String, Reason> e) -> -e.getValue().count())
                .thenComparing(Map.Entry::getKey))
        .limit(REASONS)
        .forEach(
            e ->
                lines.add(
                    String.format(
                        Locale.ROOT,
                        "  quarantined: %,d %s, such as %s",
                        e.getValue().count(),
                        e.getKey(),
                        String.join(", ", e.getValue().examples()))));
    if (reasons.size() > REASONS) {
      lines.add("  and " + (reasons.size() - REASONS) + " other reasons: see the table quarantine");
    }
    return lines;
  }

  /** Lines for the terminal, one a kind of warning, the most frequent first. */
  public List<String> warningLines() {
    return warnings.entrySet().stream()
        .sorted(Map.Entry.<String, Long>comparingByValue().reversed())
        .map(
            e ->
                String.format(Locale.ROOT, "%,d read with a warning: %s", e.getValue(), e.getKey()))
        .toList();
  }

  /** One line for the terminal. */
  public String line() {
    return String.format(
        Locale.ROOT,
        "%,d images read, %,d written (%,d train, %,d held out), %,d quarantined, %,.0f images/s",
        read,
        written(),
        manifest.rows(Subset.TRAIN),
        manifest.rows(Subset.HELDOUT),
        quarantined(),
        imagesPerSecond());
  }
}
