package dev.tessera.models.diffusion;

import dev.tessera.models.nn.BackboneRecipe;
import dev.tessera.models.train.EmaRecipe;
import dev.tessera.models.train.OptimizerRecipe;
import java.io.Serializable;

/**
 * A diffusion model in EDM's form (Karras et al. 2022).
 *
 * @param backbone the network that denoises
 * @param noise distribution of the training noise
 * @param classConditional whether the network sees the label
 * @param labelDropout chance that a label is hidden in training, for classifier-free guidance
 * @param flip whether pictures are mirrored at random
 * @param optimizer of all parameters
 * @param ema of all parameters; samples are drawn with the average
 */
public record DiffusionRecipe(
    BackboneRecipe backbone,
    Noise noise,
    boolean classConditional,
    double labelDropout,
    boolean flip,
    OptimizerRecipe optimizer,
    EmaRecipe ema)
    implements Serializable {

  public DiffusionRecipe {
    if (!(labelDropout >= 0 && labelDropout <= 1)) {
      throw new IllegalArgumentException(
          "labelDropout: " + labelDropout + " (expected: between 0 and 1)");
    }
  }

  public static DiffusionRecipe defaults() {
    return new DiffusionRecipe(
        BackboneRecipe.Dit.defaults(),
        Noise.defaults(),
        true,
        0.1,
        false,
        new OptimizerRecipe(1e-3, 0.9, 0.99, 1e-8, 0, 5_000, 0, 1),
        EmaRecipe.defaults());
  }

  /**
   * Distribution of the training noise: {@code ln(sigma) ~ N(mean, deviation^2)}, sigma in units in
   * which the data's standard deviation is {@link Signal#SIGMA_DATA}.
   *
   * @param mean of {@code ln(sigma)}
   * @param deviation standard deviation of {@code ln(sigma)}, above 0
   */
  public record Noise(double mean, double deviation) implements Serializable {
    public Noise {
      if (!(deviation > 0)) {
        throw new IllegalArgumentException("deviation: " + deviation + " (expected: above 0)");
      }
    }

    public static Noise defaults() {
      return new Noise(-1.2, 1.2);
    }
  }
}
