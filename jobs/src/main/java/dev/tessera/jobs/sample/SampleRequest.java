package dev.tessera.jobs.sample;

import dev.tessera.models.UserException;
import dev.tessera.models.diffusion.sampler.Drawing;
import dev.tessera.models.diffusion.sampler.Grid;
import dev.tessera.models.diffusion.sampler.Guidance;
import dev.tessera.models.diffusion.sampler.Sampler;
import dev.tessera.spark.inference.InferenceDevice;
import java.util.Optional;

/**
 * What {@code sample} draws.
 *
 * @param checkpoint of a diffusion model, or its run directory
 * @param output folder of the sample table
 * @param label name or number of a class; all classes in turn if absent
 * @param way how it is drawn
 * @param partitions number of tasks; 0 for one a task slot
 * @param device where tasks draw
 */
public record SampleRequest(
    String checkpoint,
    String output,
    long count,
    long seed,
    Optional<String> label,
    Way way,
    int partitions,
    boolean overwrite,
    InferenceDevice device) {

  public SampleRequest {
    if (count < 1) {
      throw new UserException("--count: " + count + " (expected: 1 or more)");
    }
  }

  /**
   * What is drawn in another way than the recipe's.
   *
   * @param guidance weight of guidance
   * @param guide checkpoint of the model that is the reference of guidance
   */
  public record Way(
      Optional<Double> guidance,
      Optional<String> guide,
      Optional<Sampler> sampler,
      Optional<Grid> grid,
      Optional<Integer> steps) {

    /** All as the recipe says. */
    public static final Way RECIPES =
        new Way(
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty());

    /** The recipe's way to draw, with what is asked for in its place. */
    Drawing drawing(Drawing recipe) {
      try {
        return new Drawing(
            sampler.orElse(recipe.sampler()),
            grid.orElse(recipe.grid()),
            steps.orElse(recipe.steps()),
            recipe.sigmaData());
      } catch (IllegalArgumentException e) {
        throw new UserException(e.getMessage(), e);
      }
    }

    Guidance guidance(Guidance recipe) {
      return new Guidance(guidance.orElse(recipe.weight()), recipe.sigmaMin(), recipe.sigmaMax());
    }
  }
}
