package dev.tessera.models.diffusion.likelihood;

import dev.tessera.models.diffusion.space.Discrete;
import dev.tessera.models.diffusion.space.Path;
import java.io.Serializable;

/**
 * Between which noise levels, and how accurately, a probability flow is followed.
 *
 * @param sigmaMin level at which data are taken for data
 * @param sigmaMax level at which they are taken for noise
 * @param rtol error of a step of the solver, relative to its state (Song et al. 2021: 1e-5)
 * @param atol as rtol, absolute
 */
public record LikelihoodRecipe(double sigmaMin, double sigmaMax, double rtol, double atol)
    implements Serializable {

  /** The time at which Song et al. (2021) take data for data. */
  private static final double FIRST_TIME = 1e-5;

  private static final double NEARLY_ALONE = 80;

  public LikelihoodRecipe {
    if (!(sigmaMin > 0 && sigmaMin < sigmaMax)) {
      throw new IllegalArgumentException(
          "sigmaMin: " + sigmaMin + " (expected: above 0 and below sigmaMax, " + sigmaMax + ")");
    }
    tolerance("rtol", rtol);
    tolerance("atol", atol);
  }

  private static void tolerance(String name, double value) {
    if (!(value > 0 && value < 1)) {
      throw new IllegalArgumentException(name + ": " + value + " (expected: above 0, below 1)");
    }
  }

  /**
   * From time 1e-5 to 1; on paths that end in noise alone to EDM's greatest level, 80.
   *
   * @throws IllegalArgumentException for a path of discrete steps
   */
  public static LikelihoodRecipe of(Path path) {
    if (path instanceof Discrete) {
      throw new IllegalArgumentException(
          "path: discrete (expected: a path of continuous time, the nearest is"
              + " variance-preserving)");
    }
    double last = path.sigmaMax() < Path.NOISE_ALONE ? path.sigmaMax() : NEARLY_ALONE;
    return new LikelihoodRecipe(path.sigma(FIRST_TIME), last, 1e-5, 1e-5);
  }

  public LikelihoodRecipe withTolerance(double tolerance) {
    return new LikelihoodRecipe(sigmaMin, sigmaMax, tolerance, tolerance);
  }
}
