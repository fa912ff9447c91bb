package dev.tessera.models.train;

import java.io.Serializable;

/**
 * AdamW (Loshchilov and Hutter 2019) on a flat vector. Decay applies to matrices only. The rate
 * rises, stays, and falls at the end of the run (Hägele et al. 2024).
 *
 * @param learningRate after the warm-up
 * @param beta1 decay of the first moment, a step
 * @param beta2 decay of the second moment, a step
 * @param eps added to the root of the second moment
 * @param weightDecay decoupled: matrices lose this fraction of themselves times the rate, a step
 * @param warmupImages images over which the rate rises linearly from 0
 * @param cooldown part of the run, at its end, over which it falls linearly to 0; 0 for none
 * @param clipNorm greatest L2 norm of the whole gradient; 0 for none
 */
public record OptimizerRecipe(
    double learningRate,
    double beta1,
    double beta2,
    double eps,
    double weightDecay,
    long warmupImages,
    double cooldown,
    double clipNorm)
    implements Serializable {

  public OptimizerRecipe {
    require(learningRate > 0, "learningRate", learningRate, "above 0");
    require(beta1 >= 0 && beta1 < 1, "beta1", beta1, "0 or more, below 1");
    require(beta2 >= 0 && beta2 < 1, "beta2", beta2, "0 or more, below 1");
    require(eps > 0, "eps", eps, "above 0");
    require(weightDecay >= 0, "weightDecay", weightDecay, "0 or more");
    require(warmupImages >= 0, "warmupImages", warmupImages, "0 or more");
    require(cooldown >= 0 && cooldown <= 1, "cooldown", cooldown, "0 to 1");
    require(clipNorm >= 0, "clipNorm", clipNorm, "0 or more");
  }

  private static void require(boolean holds, String name, Object value, String expected) {
    if (!holds) {
      throw new IllegalArgumentException(name + ": " + value + " (expected: " + expected + ")");
    }
  }

  public static OptimizerRecipe defaults() {
    return new OptimizerRecipe(1e-3, 0.9, 0.99, 1e-8, 0, 0, 0, 1);
  }

  /** The rate once {@code images} images of a run of {@code length} have been seen. */
  double rate(long images, long length) {
    double rise = warmupImages == 0 ? 1 : Math.min(1, (double) (images + 1) / warmupImages);
    double fall = cooldown == 0 ? 1 : Math.min(1, (length - images) / (cooldown * length));
    return learningRate * Math.min(rise, fall);
  }
}
