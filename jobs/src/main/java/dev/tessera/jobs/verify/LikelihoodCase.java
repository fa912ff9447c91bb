package dev.tessera.jobs.verify;

import dev.tessera.models.diffusion.likelihood.LikelihoodRecipe;
import dev.tessera.models.diffusion.likelihood.TraceEstimate;
import dev.tessera.models.diffusion.space.Path;
import dev.tessera.models.diffusion.space.VariancePreserving;
import java.util.List;

/**
 * Log densities of a known law.
 *
 * @param law of the data
 * @param path whose flow is followed
 * @param trace how the trace of the Jacobian is taken
 * @param tolerance of the solver
 * @param at the numbers whose densities are wanted
 */
record LikelihoodCase(
    KnownLaw law, Path path, TraceEstimate trace, double tolerance, List<Double> at) {

  LikelihoodCase {
    if (law instanceof KnownLaw.TwoPoints) {
      throw new IllegalArgumentException(
          "law: two-points (expected: gaussian or three-bells, points have no density)");
    }
    if (at.isEmpty()) {
      throw new IllegalArgumentException("at: [] (expected: one number or more)");
    }
    LikelihoodRecipe.of(path);
    if (!(tolerance > 0 && tolerance < 1)) {
      throw new IllegalArgumentException(
          "tolerance: " + tolerance + " (expected: above 0, below 1)");
    }
  }

  static LikelihoodCase defaults() {
    return new LikelihoodCase(
        KnownLaw.Gaussian.defaults(),
        VariancePreserving.defaults(),
        new TraceEstimate.Exact(),
        1e-5,
        List.of(0., .5, 1.));
  }
}
