package dev.tessera.datasets.source;

import java.util.Collection;
import java.util.stream.Collectors;

/** Names in a sentence: the first few, and how many more. */
final class Names {

  private static final int SHOWN = 6;

  private Names() {}

  static String of(Collection<String> names) {
    String shown = names.stream().limit(SHOWN).collect(Collectors.joining(", "));
    return names.size() <= SHOWN
        ? shown
        : shown + " and " + Counted.of(names.size() - SHOWN, "other", "others");
  }
}
