package dev.tessera.jobs.ingest;

import dev.tessera.datasets.table.Subset;
import dev.tessera.datasets.table.TableManifest;
import java.util.Locale;
import java.util.Map;

/**
 * What an ingest did.
 *
 * @param read pictures in the source; always rows written plus rows quarantined
 * @param reasons number of quarantined pictures by kind of reason
 * @param seconds from the start of the Spark stage to the manifest
 */
public record IngestSummary(
    String output, TableManifest manifest, long read, Map<String, Long> reasons, double seconds) {

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
