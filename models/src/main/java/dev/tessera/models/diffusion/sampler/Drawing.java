package dev.tessera.models.diffusion.sampler;

import java.io.Serializable;
import java.util.Optional;

/**
 * A sampler on a grid.
 *
 * @param sampler leads from level to level
 * @param grid the levels
 * @param steps how many
 */
public record Drawing(Sampler sampler, Grid grid, int steps) implements Serializable {

  public Drawing {
    if (steps < 1) {
      throw new IllegalArgumentException("steps: " + steps + " (expected: 1 or more)");
    }
    sampler.check(grid.sigmas(steps));
  }

  /** EDM's deterministic one of 18 steps. */
  public static Drawing defaults() {
    return new Drawing(Heun.defaults(), Grid.Karras.defaults(), 18);
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
