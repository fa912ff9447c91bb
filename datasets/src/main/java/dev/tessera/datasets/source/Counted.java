package dev.tessera.datasets.source;

import java.util.Locale;

/** A number with its noun. */
final class Counted {

  private Counted() {}

  static String of(long count, String one, String many) {
    return String.format(Locale.ROOT, "%,d %s", count, count == 1 ? one : many);
  }
}
