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
 * @param sigmaData standard deviation of the data in the units of noise levels, EDM's sigma_data:
 *     latents are brought to it; pixels are mapped to [-1, 1] whatever it says, and it tells
 *     preconditioning and weightings what to expect there
 * @param noise the noise levels of training, in these units
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
    double sigmaData,
    NoiseDistribution noise,
    Loss loss,
    boolean classConditional,
    double labelDropout,
    boolean flip,
    Augmentation augmentation,
    OptimizerRecipe optimizer,
    EmaRecipe ema)
    implements Serializable {

  /** EDM's, and that of every model trained before recipes said theirs. */
  private static final double SIGMA_DATA = 0.5;

  public DiffusionRecipe {
    if (!(labelDropout >= 0 && labelDropout <= 1)) {
      throw new IllegalArgumentException(
          "labelDropout: " + labelDropout + " (expected: between 0 and 1)");
    }
    if (!(sigmaData > 0 && Double.isFinite(sigmaData))) {
      throw new IllegalArgumentException(
          "sigmaData: " + sigmaData + " (expected: above 0, finite)");
    }
    new Design(path, prediction, preconditioning, sigmaData).check(noise);
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
        SIGMA_DATA,
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
    return new Design(path, prediction, preconditioning, sigmaData);
  }

  /** Whether the loss holds a derivative of the network, which is then differentiated again. */
  public boolean differentiatesTwice() {
    return loss instanceof Loss.SlicedScore;
  }

  /** Whether the network also says the variance of steps. */
  public boolean learnsVariance() {
    return loss instanceof Loss.Hybrid;
  }

  public DiffusionRecipe with(BackboneRecipe other) {
    Draft draft = new Draft(this);
    draft.backbone = other;
    return draft.recipe();
  }

  public DiffusionRecipe with(Path onPath, Prediction predicted, Preconditioning given) {
    Draft draft = new Draft(this);
    draft.path = onPath;
    draft.prediction = predicted;
    draft.preconditioning = given;
    return draft.recipe();
  }

  /** With data of another standard deviation in the units of noise levels. */
  public DiffusionRecipe withSigmaData(double deviation) {
    Draft draft = new Draft(this);
    draft.sigmaData = deviation;
    return draft.recipe();
  }

  public DiffusionRecipe with(NoiseDistribution levels, Loss minimised) {
    Draft draft = new Draft(this);
    draft.noise = levels;
    draft.loss = minimised;
    return draft.recipe();
  }

  /** With the class and so many hidden labels, or without classes. */
  public DiffusionRecipe withClasses(boolean conditional, double dropout) {
    Draft draft = new Draft(this);
    draft.classConditional = conditional;
    draft.labelDropout = dropout;
    return draft.recipe();
  }

  public DiffusionRecipe withFlip(boolean mirrored) {
    Draft draft = new Draft(this);
    draft.flip = mirrored;
    return draft.recipe();
  }

  public DiffusionRecipe with(Augmentation other) {
    Draft draft = new Draft(this);
    draft.augmentation = other;
    return draft.recipe();
  }

  public DiffusionRecipe with(OptimizerRecipe updates, EmaRecipe average) {
    Draft draft = new Draft(this);
    draft.optimizer = updates;
    draft.ema = average;
    return draft.recipe();
  }

  /** All components, some of which are about to change. */
  private static final class Draft {
    private BackboneRecipe backbone;
    private Path path;
    private Prediction prediction;
    private Preconditioning preconditioning;
    private double sigmaData;
    private NoiseDistribution noise;
    private Loss loss;
    private boolean classConditional;
    private double labelDropout;
    private boolean flip;
    private Augmentation augmentation;
    private OptimizerRecipe optimizer;
    private EmaRecipe ema;

    Draft(DiffusionRecipe from) {
      backbone = from.backbone;
      path = from.path;
      prediction = from.prediction;
      preconditioning = from.preconditioning;
      sigmaData = from.sigmaData;
      noise = from.noise;
      loss = from.loss;
      classConditional = from.classConditional;
      labelDropout = from.labelDropout;
      flip = from.flip;
      augmentation = from.augmentation;
      optimizer = from.optimizer;
      ema = from.ema;
    }

    DiffusionRecipe recipe() {
      return new DiffusionRecipe(
          backbone,
          path,
          prediction,
          preconditioning,
          sigmaData,
          noise,
          loss,
          classConditional,
          labelDropout,
          flip,
          augmentation,
          optimizer,
          ema);
    }
  }
}
