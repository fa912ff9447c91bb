package dev.tessera.spark.inference;

import dev.tessera.models.vqgan.Vqgan;
import dev.tessera.models.vqgan.VqganRecipe;
import java.io.Serializable;

/**
 * A trained tokenizer: what a task needs to load it.
 *
 * @param checkpoint where its weights are
 * @param height of the pictures it was trained on
 */
public record TokenizerSpec(VqganRecipe recipe, int height, int width, String checkpoint)
    implements Serializable {

  /** The model without weights. */
  public Vqgan model() {
    return new Vqgan(recipe, height, width);
  }
}
