package dev.tessera.spark.inference;

import dev.tessera.models.diffusion.DiffusionModel;
import dev.tessera.models.diffusion.DiffusionRecipe;
import dev.tessera.models.diffusion.KarrasGrid;
import dev.tessera.models.diffusion.Signal;
import java.io.Serializable;

/**
 * A trained diffusion model and how to sample it.
 *
 * @param classes of the data it was trained on; 0 without labels
 * @param guidance weight of classifier-free guidance; 1 for none
 * @param batch pictures drawn at a time, always that many
 * @param tokenizer decodes latents; null for a model of pixels
 */
public record SamplerSpec(
    DiffusionRecipe recipe,
    Signal signal,
    int classes,
    KarrasGrid grid,
    double guidance,
    int batch,
    TokenizerSpec tokenizer)
    implements Serializable {

  /** The model without weights. */
  public DiffusionModel model() {
    return new DiffusionModel(recipe, signal, classes);
  }

  boolean guided() {
    return guidance != 1 && recipe.classConditional();
  }
}
