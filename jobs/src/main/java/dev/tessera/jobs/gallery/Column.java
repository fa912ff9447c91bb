package dev.tessera.jobs.gallery;

import dev.tessera.jobs.config.RecipeWriter;
import dev.tessera.models.diffusion.DiffusionRecipe;
import dev.tessera.models.diffusion.sampler.AnnealedLangevin;
import dev.tessera.models.diffusion.sampler.Ddim;
import dev.tessera.models.diffusion.sampler.Ddpm;
import dev.tessera.models.diffusion.sampler.Dpmpp2m;
import dev.tessera.models.diffusion.sampler.Dpmpp2mSde;
import dev.tessera.models.diffusion.sampler.Dpmpp2s;
import dev.tessera.models.diffusion.sampler.Drawing;
import dev.tessera.models.diffusion.sampler.Euler;
import dev.tessera.models.diffusion.sampler.EulerMaruyama;
import dev.tessera.models.diffusion.sampler.FlowSde;
import dev.tessera.models.diffusion.sampler.Grid;
import dev.tessera.models.diffusion.sampler.Heun;
import dev.tessera.models.diffusion.sampler.PredictorCorrector;
import dev.tessera.models.diffusion.sampler.ReverseDiffusion;
import dev.tessera.models.diffusion.sampler.RungeKutta;
import dev.tessera.models.diffusion.sampler.Sampler;
import dev.tessera.models.diffusion.sampler.UniPc;
import dev.tessera.models.diffusion.space.Linear;
import dev.tessera.models.diffusion.space.VariancePreserving;
import java.util.List;

/**
 * A column of the gallery: a sampler with levels that suit it, all within what every row was
 * trained on.
 *
 * @param name a recipe's name for the sampler
 */
record Column(String name, Drawing drawing) {

  private static final double LOWEST = 0.01;
  private static final double HIGHEST = 50;

  /** What every row brings the data to. */
  private static final double SIGMA_DATA = DiffusionRecipe.defaults().sigmaData();

  /** Each sampler of the sealed list. */
  static List<Column> all() {
    Grid karras = new Grid.Karras(LOWEST, HIGHEST, 7);
    Grid geometric = new Grid.Ve(LOWEST, HIGHEST);
    // Sigmas from 25 to .1 and from 49 to .01.
    Grid vp = new Grid.UniformTime(VariancePreserving.defaults(), 1e-3, 0.8);
    Grid linear = new Grid.UniformTime(new Linear(), 0.01, 0.98);
    return List.of(
        of(new Euler(), karras, 64),
        of(Heun.defaults(), karras, 32),
        of(Ddim.defaults(), karras, 64),
        of(Ddpm.defaults(), karras, 100),
        of(Dpmpp2m.defaults(), karras, 32),
        of(new Dpmpp2s(), karras, 32),
        of(Dpmpp2mSde.defaults(), karras, 64),
        of(UniPc.defaults(), karras, 32),
        of(new RungeKutta(VariancePreserving.defaults(), 1e-3, 1e-3), karras, 2),
        of(EulerMaruyama.defaults(), vp, 150),
        of(ReverseDiffusion.defaults(), geometric, 150),
        of(PredictorCorrector.defaults(), geometric, 75),
        of(new AnnealedLangevin(5, 2e-5, true), geometric, 58),
        of(FlowSde.defaults(), linear, 150));
  }

  private static Column of(Sampler sampler, Grid grid, int steps) {
    String type = RecipeWriter.write(Sampler.class, sampler).lines().findFirst().orElseThrow();
    return new Column(
        type.substring("type: ".length()), new Drawing(sampler, grid, steps, SIGMA_DATA));
  }

  /** DDPM takes the variance of a model that has learnt one. */
  Drawing drawing(boolean variance) {
    return variance && drawing.sampler() instanceof Ddpm
        ? new Drawing(
            new Ddpm(Ddpm.Variance.LEARNED_RANGE), drawing.grid(), drawing.steps(), SIGMA_DATA)
        : drawing;
  }

  String calls() {
    return drawing.sampler() instanceof RungeKutta ? "adaptive" : drawing.evaluations() + " calls";
  }
}
