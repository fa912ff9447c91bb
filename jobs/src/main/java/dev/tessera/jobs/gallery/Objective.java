package dev.tessera.jobs.gallery;

import dev.tessera.models.diffusion.DiffusionRecipe;
import dev.tessera.models.diffusion.Loss;
import dev.tessera.models.diffusion.space.Betas;
import dev.tessera.models.diffusion.space.Cosine;
import dev.tessera.models.diffusion.space.Discrete;
import dev.tessera.models.diffusion.space.Linear;
import dev.tessera.models.diffusion.space.NoiseDistribution;
import dev.tessera.models.diffusion.space.Path;
import dev.tessera.models.diffusion.space.Preconditioning;
import dev.tessera.models.diffusion.space.Prediction;
import dev.tessera.models.diffusion.space.SubVariancePreserving;
import dev.tessera.models.diffusion.space.VarianceExploding;
import dev.tessera.models.diffusion.space.VariancePreserving;
import dev.tessera.models.diffusion.space.Weighting;
import java.util.List;

/**
 * A row of the gallery.
 *
 * @param name as its paper is called
 * @param choices path, prediction and loss in a few words
 * @param recipe all choices but network and optimiser
 */
public record Objective(String name, String choices, DiffusionRecipe recipe) {

  /** Every path, prediction, preconditioning and loss at least once. */
  public static List<Objective> all() {
    return List.of(
        of(
            "EDM",
            "F, log-normal levels",
            new Linear(),
            Prediction.EDM,
            new Preconditioning.Edm(),
            NoiseDistribution.LogNormal.defaults(),
            new Weighting.Edm()),
        of(
            "flow matching",
            "linear, velocity, logit-normal",
            new Linear(),
            Prediction.FLOW,
            new Preconditioning.Own(),
            NoiseDistribution.LogitNormal.defaults(),
            new Weighting.Flow()),
        of(
            "DDPM",
            "1000 steps, eps",
            Discrete.defaults(),
            Prediction.EPS,
            new Preconditioning.Own(),
            new NoiseDistribution.Uniform(0, 1),
            new Weighting.Eps()),
        of(
            "iDDPM hybrid",
            "eps, learnt variance",
            Discrete.defaults(),
            Prediction.EPS,
            new Preconditioning.Own(),
            new NoiseDistribution.Uniform(0, 1),
            Loss.Hybrid.defaults()),
        of(
            "EDM2",
            "F, learned uncertainty",
            new Linear(),
            Prediction.EDM,
            new Preconditioning.Edm(),
            NoiseDistribution.LogNormal.defaults(),
            Loss.Uncertain.defaults()),
        of(
            "iDDPM cosine",
            "1000 steps, v, min-SNR-5",
            new Discrete(Betas.SquaredCosine.defaults(), 1000, false),
            Prediction.V,
            Preconditioning.Iddpm.defaults(),
            new NoiseDistribution.Uniform(0, 1),
            Weighting.MinSnr.defaults()),
        of(
            "VP-SDE",
            "VP, eps",
            VariancePreserving.defaults(),
            Prediction.EPS,
            Preconditioning.Vp.defaults(),
            NoiseDistribution.Uniform.defaults(),
            new Weighting.Eps()),
        of(
            "VP likelihood",
            "VP, score, g\u00b2-weighted",
            VariancePreserving.defaults(),
            Prediction.SCALED_SCORE,
            new Preconditioning.Own(),
            new NoiseDistribution.Uniform(1e-2, 1),
            new Weighting.Likelihood()),
        of(
            "sub-VP SDE",
            "sub-VP, score",
            SubVariancePreserving.defaults(),
            Prediction.SCALED_SCORE,
            new Preconditioning.Own(),
            new NoiseDistribution.Uniform(1e-3, 1),
            new Weighting.Eps()),
        of(
            "VE-SDE",
            "VE, score, denoising",
            VarianceExploding.defaults(),
            Prediction.SCALED_SCORE,
            new Preconditioning.Edm(),
            new NoiseDistribution.LogUniform(0.01, 50),
            new Weighting.Eps()),
        of(
            "NCSNv2",
            "232 levels, score",
            VarianceExploding.defaults(),
            Prediction.SCALED_SCORE,
            new Preconditioning.Edm(),
            NoiseDistribution.Geometric.defaults(),
            new Weighting.Eps()),
        sliced(),
        of(
            "v on the circle",
            "cosine, v, uniform",
            new Cosine(),
            Prediction.V,
            new Preconditioning.Own(),
            new NoiseDistribution.Uniform(1e-3, 0.995),
            new Weighting.V()),
        of(
            "x0, soft min-SNR",
            "linear, x0, cosmap",
            new Linear(),
            Prediction.X0,
            new Preconditioning.Edm(),
            new NoiseDistribution.CosMap(),
            Weighting.SoftMinSnr.defaults()));
  }

  private static Objective sliced() {
    Loss loss = new Loss.SlicedScore(new Weighting.Eps(), 1, Loss.Direction.RADEMACHER, true);
    DiffusionRecipe recipe =
        DiffusionRecipe.defaults()
            .with(VarianceExploding.defaults(), Prediction.EDM, new Preconditioning.Edm())
            .with(new NoiseDistribution.LogUniform(0.01, 50), loss)
            .withClasses(false, 0);
    return new Objective("sliced score", "VE, F, no target", recipe);
  }

  private static Objective of(
      String name,
      String choices,
      Path path,
      Prediction prediction,
      Preconditioning preconditioning,
      NoiseDistribution noise,
      Weighting weighting) {
    return of(
        name, choices, path, prediction, preconditioning, noise, new Loss.Denoising(weighting));
  }

  private static Objective of(
      String name,
      String choices,
      Path path,
      Prediction prediction,
      Preconditioning preconditioning,
      NoiseDistribution noise,
      Loss loss) {
    DiffusionRecipe recipe =
        DiffusionRecipe.defaults()
            .with(path, prediction, preconditioning)
            .with(noise, loss)
            .withClasses(false, 0);
    return new Objective(name, choices, recipe);
  }
}
