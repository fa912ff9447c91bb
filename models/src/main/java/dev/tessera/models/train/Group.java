package dev.tessera.models.train;

import dev.tessera.models.graph.Layout;
import java.util.Optional;

/** Parameters that one optimiser updates together: one flat fp32 vector. */
public record Group(Layout layout, OptimizerRecipe optimizer, Optional<EmaRecipe> ema) {

  public String name() {
    return layout.group();
  }
}
