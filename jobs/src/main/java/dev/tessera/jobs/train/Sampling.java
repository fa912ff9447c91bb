package dev.tessera.jobs.train;

import dev.tessera.models.diffusion.sampler.Drawing;
import dev.tessera.models.diffusion.sampler.Grid;
import dev.tessera.models.diffusion.sampler.Guidance;
import dev.tessera.models.diffusion.sampler.Heun;
import dev.tessera.models.diffusion.sampler.Sampler;
import java.util.Optional;

/**
 * How pictures are drawn.
 *
 * @param sampler leads from one noise level to the next
 * @param grid the noise levels
 * @param steps how many
 * @param guidance weight of guidance; 1 for none
 * @param guidanceMin least noise level at which it guides
 * @param guidanceMax greatest noise level at which it guides
 * @param guide a checkpoint of a smaller or earlier model of the same data, whose denoiser is the
 *     reference (autoguidance); absent, it is the model's own without the class
 * @param clip whether denoised pixels are kept within those of pictures, as DDPM does; steadies
 *     predictions of noise, whose errors grow with the noise level
 * @param batch pictures drawn at a time
 */
public record Sampling(
    Sampler sampler,
    Grid grid,
    int steps,
    double guidance,
    double guidanceMin,
    double guidanceMax,
    Optional<String> guide,
    boolean clip,
    int batch) {

  public Sampling {
    if (batch < 1) {
      throw new IllegalArgumentException("batch: " + batch + " (expected: 1 or more)");
    }
    if (!(guidance >= 0)) {
      throw new IllegalArgumentException("guidance: " + guidance + " (expected: 0 or more)");
    }
    if (!(guidanceMin >= 0 && guidanceMin < guidanceMax)) {
      throw new IllegalArgumentException(
          "guidanceMin: "
              + guidanceMin
              + " (expected: 0 or more and below guidanceMax, "
              + guidanceMax
              + ")");
    }
    if (steps < 1) {
      throw new IllegalArgumentException("steps: " + steps + " (expected: 1 or more)");
    }
    grid.sigmas(steps);
  }

  public static Sampling defaults() {
    return new Sampling(
        Heun.defaults(),
        Grid.Karras.defaults(),
        18,
        1,
        0,
        Double.POSITIVE_INFINITY,
        Optional.empty(),
        false,
        50);
  }

  /**
   * Of a model whose data have this standard deviation.
   *
   * @throws IllegalArgumentException if the sampler cannot follow the levels
   */
  Drawing drawing(double sigmaData) {
    return new Drawing(sampler, grid, steps, sigmaData);
  }

  /** The guidance of one weight within the interval. */
  Guidance guidanceOf(double weight) {
    return new Guidance(weight, guidanceMin, guidanceMax);
  }
}
