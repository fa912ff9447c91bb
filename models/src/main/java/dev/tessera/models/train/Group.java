package dev.tessera.models.train;

import dev.tessera.models.graph.Layout;
import java.util.List;
import java.util.Optional;

/**
 * Parameters that one optimiser updates together: one flat float32 vector {@code [layout.size()]},
 * as are its gradient, its moments and its average.
 *
 * @param layout where each parameter stands; its group's name is this group's
 * @param optimizer how the vector is updated
 * @param ema how its average is kept; empty for none
 */
public record Group(Layout layout, OptimizerRecipe optimizer, Optional<EmaRecipe> ema) {

  public String name() {
    return layout.group();
  }

  /** What a checkpoint calls the optimiser's vectors beside the parameters. */
  List<String> moments() {
    return optimizer.rule().moments();
  }

  /** What a checkpoint calls the averages; none without an EMA. */
  List<String> averages() {
    return ema.map(EmaRecipe::names).orElse(List.of());
  }
}
