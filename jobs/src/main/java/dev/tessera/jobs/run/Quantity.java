package dev.tessera.jobs.run;

import java.util.Locale;

/** Numbers as people read them; every one has its unit. */
final class Quantity {

  private static final String[] BYTES = {"B", "KiB", "MiB", "GiB", "TiB"};
  private static final String[] THOUSANDS = {"", "k", "M", "G", "T"};

  private Quantity() {}

  /** {@code 12,800}. */
  static String count(long number) {
    return String.format(Locale.ROOT, "%,d", number);
  }

  /** {@code 1,934} or {@code 12.3} or {@code 0.42}: about three digits. */
  static String rate(double perSecond) {
    String format = perSecond >= 100 ? "%,.0f" : perSecond >= 10 ? "%.1f" : "%.2f";
    return String.format(Locale.ROOT, format, perSecond);
  }

  /** {@code 0.4312}, {@code 12.31}, {@code 1.20e-5}: four digits. */
  static String value(double number) {
    if (Double.isNaN(number) || Double.isInfinite(number)) {
      return Double.isNaN(number) ? "NaN" : number > 0 ? "inf" : "-inf";
    }
    double size = Math.abs(number);
    if (size != 0 && (size < 1e-3 || size >= 1e6)) {
      return String.format(Locale.ROOT, "%.2e", number).replaceFirst("e([+-])0", "e$1");
    }
    String format = size >= 1000 ? "%,.0f" : size >= 100 ? "%.1f" : size >= 10 ? "%.2f" : "%.4f";
    return String.format(Locale.ROOT, format, number);
  }

  /** {@code 9s}, {@code 4m12s}, {@code 3h07m}, {@code 2d04h}. */
  static String duration(double seconds) {
    long s = Math.max(0, Math.round(seconds));
    if (s < 60) {
      return s + "s";
    }
    if (s < 3600) {
      return String.format(Locale.ROOT, "%dm%02ds", s / 60, s % 60);
    }
    return s < 86_400
        ? String.format(Locale.ROOT, "%dh%02dm", s / 3600, s % 3600 / 60)
        : String.format(Locale.ROOT, "%dd%02dh", s / 86_400, s % 86_400 / 3600);
  }

  /** {@code 1.5 MiB}. */
  static String bytes(double number) {
    int unit = 0;
    double scaled = number;
    while (scaled >= 1024 && unit < BYTES.length - 1) {
      scaled /= 1024;
      unit++;
    }
    String format = unit == 0 || scaled >= 100 ? "%.0f %s" : "%.1f %s";
    return String.format(Locale.ROOT, format, scaled, BYTES[unit]);
  }

  /** For axes: {@code 20k}, {@code 1.5M}, {@code 0.25}, {@code 1e-4}. */
  static String tick(double number) {
    double size = Math.abs(number);
    if (size == 0) {
      return "0";
    }
    if (size < 1e-3 || size >= 1e15) {
      return plain(String.format(Locale.ROOT, "%.3e", number));
    }
    int unit = 0;
    double scaled = number;
    while (Math.abs(scaled) >= 1000 && unit < THOUSANDS.length - 1) {
      scaled /= 1000;
      unit++;
    }
    return plain(String.format(Locale.ROOT, "%.5f", scaled)) + THOUSANDS[unit];
  }

  /** Without the zeros that end a fraction. */
  private static String plain(String text) {
    return text.replaceFirst("(\\.[0-9]*?)0+(?=e|$)", "$1")
        .replaceFirst("\\.(?=e|$)", "")
        .replaceFirst("e([+-])0*", "e$1")
        .replace("e+", "e");
  }
}
