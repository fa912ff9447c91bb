package dev.tessera.models.structure;

import dev.tessera.models.graph.Hash;
import dev.tessera.models.graph.Layout;
import java.util.List;
import java.util.Locale;

/** What makes two models the same: their structure and all parameters and states. */
public final class Architecture {

  private Architecture() {}

  /**
   * 16 hexadecimal digits.
   *
   * @param structure what layouts do not tell, such as the number of attention heads
   * @param layouts names, shapes and order of all parameters and states
   */
  public static String fingerprint(Structure structure, List<Layout> layouts) {
    StringBuilder text = new StringBuilder(structure.text()).append('\n');
    for (Layout layout : layouts) {
      for (Layout.Slice slice : layout.slices().values()) {
        text.append(slice.parameter()).append('@').append(slice.offset()).append('\n');
      }
    }
    return String.format(Locale.ROOT, "%016x", Hash.of(text.toString()));
  }
}
