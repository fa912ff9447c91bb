package dev.tessera.jobs.run;

import java.util.Locale;
import java.util.Map;

/** The units of numbers that have one, by the end of their name. */
final class Unit {

  private static final Map<String, String> BY_ENDING =
      Map.of(
          "psnr", "dB",
          "images-per-second", "images/s",
          "gflops", "GFLOP/s",
          "seconds", "s",
          "perplexity", "codes",
          "bytes", "B");

  private Unit() {}

  /** A number with its unit, if it has one; shares are given in percent. */
  static String text(String name, double value) {
    String plain = name.toLowerCase(Locale.ROOT).replace('_', '-');
    if (plain.endsWith("usage") || plain.endsWith("share")) {
      return String.format(Locale.ROOT, "%.1f %%", 100 * value);
    }
    String unit =
        BY_ENDING.entrySet().stream()
            .filter(e -> plain.endsWith(e.getKey()))
            .map(e -> " " + e.getValue())
            .findFirst()
            .orElse("");
    return Quantity.value(value) + unit;
  }
}
