package dev.tessera.models.diffusion;

import dev.tessera.models.diffusion.space.Design;
import dev.tessera.models.diffusion.space.Discrete;
import dev.tessera.models.diffusion.space.Linear;
import dev.tessera.models.diffusion.space.NoiseDistribution;
import dev.tessera.models.diffusion.space.Path;
import dev.tessera.models.diffusion.space.Preconditioning;
import dev.tessera.models.diffusion.space.Prediction;
import dev.tessera.models.nn.BackboneRecipe;
import dev.tessera.models.optimizer.AdamW;
import dev.tessera.models.train.EmaRecipe;
import dev.tessera.models.train.OptimizerRecipe;
import java.io.Serializable;

/**
 * A diffusion model: any path, prediction, preconditioning, training noise and loss with any
 * network. The defaults are EDM's (Karras et al. 2022).
 *
 * @param backbone the network
 * @param path from data to noise; with EDM's other choices it matters to nothing but times
 * @param prediction what the network says
 * @param preconditioning what the network is given
 * @param noise the noise levels of training, in units in which the data's standard deviation is
 *     {@link Signal#SIGMA_DATA}
 * @param loss what is minimised
 * @param classConditional whether the network sees the label
 * @param labelDropout chance that a label is hidden in training, for classifier-free guidance
 * @param flip whether pictures are mirrored at random
 * @param augmentation what else is done to pictures at random; the network is told
 * @param optimizer of all parameters
 * @param ema of all parameters; samples are drawn with the average
 */
public record DiffusionRecipe(
    BackboneRecipe backbone,
    Path path,
    Prediction prediction,
    Preconditioning preconditioning,
    NoiseDistribution noise,
    Loss loss,
    boolean classConditional,
    double labelDropout,
    boolean flip,
    Augmentation augmentation,
    OptimizerRecipe optimizer,
    EmaRecipe ema)
    implements Serializable {

  public DiffusionRecipe {
    if (!(labelDropout >= 0 && labelDropout <= 1)) {
      throw new IllegalArgumentException(
          "labelDropout: " + labelDropout + " (expected: between 0 and 1)");
    }
    new Design(path, prediction, preconditioning, Signal.SIGMA_DATA).check(noise);
    boolean onSteps =
        noise instanceof NoiseDistribution.Uniform
            || noise instanceof NoiseDistribution.Mode
            || noise instanceof NoiseDistribution.CosMap;
    if (loss instanceof Loss.Hybrid && !onSteps) {
      throw new IllegalArgumentException(
          "noise: levels between steps (expected: uniform, mode or cos-map with loss hybrid, whose"
              + " bound is one of numbered steps)");
    }
    if (loss instanceof Loss.Hybrid && !(path instanceof Discrete)) {
      throw new IllegalArgumentException(
          "loss: hybrid (expected: denoising, or path discrete: the bound is one of numbered"
              + " steps)");
    }
  }

  public static DiffusionRecipe defaults() {
    return new DiffusionRecipe(
        BackboneRecipe.Dit.defaults(),
        new Linear(),
        Prediction.EDM,
        new Preconditioning.Edm(),
        NoiseDistribution.LogNormal.defaults(),
        Loss.Denoising.defaults(),
        true,
        0.1,
        false,
        Augmentation.none(),
        new OptimizerRecipe(new AdamW(0.9, 0.99, 1e-8), 1e-3).with(5_000, 0),
        EmaRecipe.defaults());
  }

  /** The first four choices. */
  public Design design() {
    return new Design(path, prediction, preconditioning, Signal.SIGMA_DATA);
  }

  public DiffusionRecipe with(BackboneRecipe other) {
    return new DiffusionRecipe(
        other,
        path,
        prediction,
        preconditioning,
        noise,
        loss,
        classConditional,
        labelDropout,
        flip,
        augmentation,
        optimizer,
        ema);
  }

  public DiffusionRecipe with(Path onPath, Prediction predicted, Preconditioning given) {
    return new DiffusionRecipe(
        backbone,
        onPath,
        predicted,
        given,
        noise,
        loss,
        classConditional,
        labelDropout,
        flip,
        augmentation,
        optimizer,
        ema);
  }

  public DiffusionRecipe with(NoiseDistribution levels, Loss minimised) {
    return new DiffusionRecipe(
        backbone,
        path,
        prediction,
        preconditioning,
        levels,
        minimised,
        classConditional,
        labelDropout,
        flip,
        augmentation,
        optimizer,
        ema);
  }

  /** With the class and so many hidden labels, or without classes. */
  public DiffusionRecipe withClasses(boolean conditional, double dropout) {
    return new DiffusionRecipe(
        backbone,
        path,
        prediction,
        preconditioning,
        noise,
        loss,
        conditional,
        dropout,
        flip,
        augmentation,
        optimizer,
        ema);
  }

  public DiffusionRecipe withFlip(boolean mirrored) {
    return new DiffusionRecipe(
        backbone,
        path,
        prediction,
        preconditioning,
        noise,
        loss,
        classConditional,
        labelDropout,
        mirrored,
        augmentation,
        optimizer,
        ema);
  }

  public DiffusionRecipe with(Augmentation other) {
    return new DiffusionRecipe(
        backbone,
        path,
        prediction,
        preconditioning,
        noise,
        loss,
        classConditional,
        labelDropout,
        flip,
        other,
        optimizer,
        ema);
  }

  /** Whether the network also says the variance of steps. */
  public boolean learnsVariance() {
    return loss instanceof Loss.Hybrid;
  }

  public DiffusionRecipe with(OptimizerRecipe updates, EmaRecipe average) {
    return new DiffusionRecipe(
        backbone,
        path,
        prediction,
        preconditioning,
        noise,
        loss,
        classConditional,
        labelDropout,
        flip,
        augmentation,
        updates,
        average);
  }
}
