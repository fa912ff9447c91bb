package dev.tessera.jobs.ingest;

import dev.tessera.datasets.table.Subset;
import dev.tessera.datasets.table.TableManifest;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What an ingest did.
 *
 * @param read pictures in the source; always rows written plus rows quarantined
 * @param reasons number of quarantined pictures by kind of reason
 * @param warnings number of pictures that were read though something was wrong, by kind of warning
 * @param seconds from the start of the Spark stage to the manifest
 */
public record IngestSummary(
    String output,
    TableManifest manifest,
    long read,
    Map<String, Long> reasons,
    Map<String, Long> warnings,
    double seconds) {

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
