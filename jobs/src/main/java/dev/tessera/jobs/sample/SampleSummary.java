package dev.tessera.jobs.sample;

import dev.tessera.datasets.table.TableManifest;
import java.util.Locale;
import java.util.Optional;

/**
 * What {@code sample} drew.
 *
 * @param grid the PNG with the first samples
 * @param warning what its sampler's levels cost, if anything
 */
public record SampleSummary(
    String output, TableManifest manifest, String grid, double seconds, Optional<String> warning) {

  /** One line for the console. */
  public String line() {
    return String.format(
            Locale.ROOT,
            "sample  %,d pictures to %s  %,.1f images/s  grid %s",
            manifest.rows(),
            output,
            manifest.rows() / seconds,
            grid)
        + warning.map(text -> "\nwarning  " + text).orElse("");
  }
}
