package dev.tessera.spark.inference;

import dev.tessera.models.graph.Hash;
import dev.tessera.models.graph.Layout;
import java.util.List;

/** What makes two models the same: the names, shapes and order of all parameters and states. */
public final class Architecture {

  private Architecture() {}

  /** 16 hexadecimal digits. */
  public static String fingerprint(List<Layout> layouts) {
    StringBuilder text = new StringBuilder();
    for (Layout layout : layouts) {
      for (Layout.Slice slice : layout.slices().values()) {
        text.append(slice.parameter()).append('@').append(slice.offset()).append('\n');
      }
    }
    return String.format("%016x", Hash.of(text.toString()));
  }
}
