package dev.tessera.spark.inference;

import dev.tessera.models.diffusion.DiffusionModel;
import dev.tessera.models.diffusion.DiffusionRecipe;
import dev.tessera.models.diffusion.Signal;
import dev.tessera.models.diffusion.sampler.Drawing;
import dev.tessera.models.diffusion.sampler.Guidance;
import java.io.Serializable;

/**
 * A trained diffusion model and how to sample it.
 *
 * @param classes of the data it was trained on; 0 without labels
 * @param drawing sampler and noise levels
 * @param guidance by the model without its class, or by {@code guide}
 * @param clip whether denoised pixels are kept within those of pictures
 * @param batch pictures drawn at a time, always that many
 * @param tokenizer decodes latents; null for a model of pixels
 * @param guide the reference of guidance; null for the model without its class
 */
public record SamplerSpec(
    DiffusionRecipe recipe,
    Signal signal,
    int classes,
    Drawing drawing,
    Guidance guidance,
    boolean clip,
    int batch,
    TokenizerSpec tokenizer,
    Guide guide)
    implements Serializable {

  /** The model without weights. */
  public DiffusionModel model() {
    return new DiffusionModel(recipe, signal, classes);
  }

  /** Whether the model without its class guides. */
  boolean classifierFree() {
    return guidance.guides() && guide == null && recipe.classConditional();
  }

  /**
   * A model whose denoiser is the reference of guidance.
   *
   * @param checkpoint of its weights
   */
  public record Guide(DiffusionRecipe recipe, Signal signal, int classes, String checkpoint)
      implements Serializable {

    DiffusionModel model() {
      return new DiffusionModel(recipe, signal, classes);
    }
  }

  /** Drawn in another way. */
  public SamplerSpec with(Drawing other, Guidance guided, Guide by) {
    return new SamplerSpec(recipe, signal, classes, other, guided, clip, batch, tokenizer, by);
  }
}
