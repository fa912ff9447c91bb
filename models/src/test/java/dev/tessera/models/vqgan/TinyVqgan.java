package dev.tessera.models.vqgan;

import dev.tessera.models.optimizer.AdamW;
import dev.tessera.models.train.OptimizerRecipe;
import java.util.List;

/** A recipe that trains in seconds. */
final class TinyVqgan {

  private TinyVqgan() {}

  /** {@code start} images before the discriminator; 0 leaves it out. */
  static VqganRecipe recipe(long start) {
    return new VqganRecipe(
        new VqganRecipe.Network(2, 16, List.of(1, 1), 1, true),
        new VqganRecipe.Codes(32, 4, 0.25, 0.9, 0.1),
        VqganRecipe.Losses.defaults(),
        new VqganRecipe.Adversary(
            8, 1, 0.1, start, new OptimizerRecipe(new AdamW(0.5, 0.9, 1e-8), 2e-4)),
        new OptimizerRecipe(new AdamW(0.5, 0.9, 1e-8), 3e-3).with(200, 0));
  }
}
