package dev.tessera.jobs.likelihood;

import dev.tessera.datasets.table.Subset;
import dev.tessera.models.diffusion.likelihood.LikelihoodRecipe;
import dev.tessera.models.diffusion.likelihood.TraceEstimate;
import dev.tessera.models.diffusion.space.Path;
import dev.tessera.spark.inference.InferenceDevice;
import java.util.Optional;

/**
 * How {@code likelihood} works.
 *
 * @param trace how the trace of the Jacobian is taken
 * @param tolerance of a step of the solver, relative and absolute
 * @param sigmaMin level at which data are taken for data; absent for that of the path's time 1e-5
 * @param sigmaMax level at which they are noise; absent for the path's last, at most 80 where that
 *     is noise alone
 * @param subset which rows; absent for those held out, or all if none are
 * @param seed of probes, and of the noise that makes bytes continuous
 * @param batch pictures at a time, always that many
 * @param partitions number of Spark tasks; 0 for one a task slot
 * @param device where tasks compute
 */
record LikelihoodSettings(
    TraceEstimate trace,
    double tolerance,
    Optional<Double> sigmaMin,
    Optional<Double> sigmaMax,
    Optional<Subset> subset,
    long seed,
    int batch,
    int partitions,
    InferenceDevice device) {

  LikelihoodSettings {
    if (!(tolerance > 0 && tolerance < 1)) {
      throw new IllegalArgumentException(
          "tolerance: " + tolerance + " (expected: above 0, below 1)");
    }
    if (batch < 1) {
      throw new IllegalArgumentException("batch: " + batch + " (expected: 1 or more)");
    }
    if (partitions < 0) {
      throw new IllegalArgumentException("partitions: " + partitions + " (expected: 0 or more)");
    }
  }

  static LikelihoodSettings defaults() {
    return new LikelihoodSettings(
        TraceEstimate.Hutchinson.defaults(),
        1e-5,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        0,
        50,
        0,
        InferenceDevice.CPU);
  }

  /**
   * The levels for a model of {@code path}.
   *
   * @throws IllegalArgumentException if there are none
   */
  LikelihoodRecipe levels(Path path) {
    LikelihoodRecipe own = LikelihoodRecipe.of(path);
    return new LikelihoodRecipe(
        sigmaMin.orElse(own.sigmaMin()), sigmaMax.orElse(own.sigmaMax()), tolerance, tolerance);
  }
}
