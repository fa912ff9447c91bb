package dev.tessera.jobs.sample;

import dev.tessera.datasets.table.TableManifest;
import java.util.Locale;

/**
 * What {@code sample} drew.
 *
 * @param grid the PNG with the first samples
 */
public record SampleSummary(String output, TableManifest manifest, String grid, double seconds) {

  /** One line for the console. */
  public String line() {
    return String.format(
        Locale.ROOT,
        "sample  %,d pictures to %s  %,.1f images/s  grid %s",
        manifest.rows(),
        output,
        manifest.rows() / seconds,
        grid);
  }
}
