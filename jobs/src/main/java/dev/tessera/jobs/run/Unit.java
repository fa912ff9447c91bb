package dev.tessera.jobs.run;

import java.util.Locale;
import java.util.Map;

/** The units of numbers that have one, by the end of their name. */
final class Unit {

  private static final Map<String, String> BY_ENDING =
      Map.of(
          "psnr", "dB",
          "images-per-second", "images/s",
          "seconds", "s",
          "perplexity", "codes",
          "usage", "of 1",
          "bytes", "B");

  private Unit() {}

  /** Empty where a number has no unit. */
  static String of(String name) {
    String plain = name.toLowerCase(Locale.ROOT).replace('_', '-');
    return BY_ENDING.entrySet().stream()
        .filter(e -> plain.endsWith(e.getKey()))
        .map(Map.Entry::getValue)
        .findFirst()
        .orElse("");
  }
}
