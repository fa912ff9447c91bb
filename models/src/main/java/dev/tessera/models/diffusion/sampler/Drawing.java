package dev.tessera.models.diffusion.sampler;

import java.io.Serializable;
import java.util.Optional;

/**
 * A sampler on a grid.
 *
 * @param sampler leads from level to level
 * @param grid the levels
 * @param steps how many
 * @param sigmaData standard deviation of the data in the units of the levels, a recipe's
 */
public record Drawing(Sampler sampler, Grid grid, int steps, double sigmaData)
    implements Serializable {

  public Drawing {
    if (steps < 1) {
      throw new IllegalArgumentException("steps: " + steps + " (expected: 1 or more)");
    }
    sampler.check(grid.sigmas(steps), sigmaData);
  }

  /** The levels, falling. */
  public double[] sigmas() {
    return grid.sigmas(steps);
  }

  /** What a user should know of this sampler on these levels. */
  public Optional<String> warning() {
    return sampler.warning(sigmas());
  }

  /** Calls of the denoiser. */
  public int evaluations() {
    return sampler.evaluations(sigmas());
  }
}
