package dev.tessera.jobs.bench;

import java.util.Arrays;
import java.util.Locale;

/** Median and range of repeated measurements. */
record Spread(double median, double least, double greatest) {

  static Spread of(double... values) {
    double[] sorted = Arrays.stream(values).sorted().toArray();
    if (sorted.length == 0) {
      throw new IllegalArgumentException("values: none (expected: one or more)");
    }
    int middle = sorted.length / 2;
    double median =
        sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    return new Spread(median, sorted[0], sorted[sorted.length - 1]);
  }

  /** {@code median (least-greatest)}, multiplied by {@code scale}. */
  String text(double scale) {
    return String.format(
        Locale.ROOT, "%.3f (%.3f-%.3f)", median * scale, least * scale, greatest * scale);
  }
}
