package dev.tessera.models.train;

import dev.tessera.models.Expected;
import dev.tessera.models.optimizer.AdamW;
import dev.tessera.models.optimizer.RateSchedule;
import dev.tessera.models.optimizer.Rule;
import java.io.Serializable;

/**
 * How a flat vector of parameters is updated. The rate rises, follows its schedule, and falls at
 * the end of the run (Hägele et al. 2024). Decay applies to matrices only.
 *
 * @param rule from gradients to steps
 * @param learningRate after the warm-up
 * @param schedule of the rate between its rise and its fall
 * @param weightDecay decoupled: matrices lose this fraction of themselves times the rate, a step
 * @param warmupImages images over which the rate rises linearly from 0
 * @param cooldown part of the run, at its end, over which it falls linearly to 0; 0 for none
 * @param clipNorm greatest L2 norm of the whole gradient; 0 for none
 */
public record OptimizerRecipe(
    Rule rule,
    double learningRate,
    RateSchedule schedule,
    double weightDecay,
    long warmupImages,
    double cooldown,
    double clipNorm)
    implements Serializable {

  public OptimizerRecipe {
    Expected.that(learningRate > 0, "learningRate", learningRate, "above 0");
    Expected.that(weightDecay >= 0, "weightDecay", weightDecay, "0 or more");
    Expected.that(warmupImages >= 0, "warmupImages", warmupImages, "0 or more");
    Expected.that(cooldown >= 0 && cooldown <= 1, "cooldown", cooldown, "0 to 1");
    Expected.that(clipNorm >= 0, "clipNorm", clipNorm, "0 or more");
  }

  /** At a constant rate, without decay; gradients are clipped to a norm of 1. */
  public OptimizerRecipe(Rule rule, double learningRate) {
    this(rule, learningRate, new RateSchedule.Constant(), 0, 0, 0, 1);
  }

  public static OptimizerRecipe defaults() {
    return new OptimizerRecipe(AdamW.defaults(), 1e-3);
  }

  /** With another rise and fall of the rate. */
  public OptimizerRecipe with(long warmup, double fall) {
    return new OptimizerRecipe(rule, learningRate, schedule, weightDecay, warmup, fall, clipNorm);
  }

  /** With another decay. */
  public OptimizerRecipe withDecay(double decay) {
    return new OptimizerRecipe(
        rule, learningRate, schedule, decay, warmupImages, cooldown, clipNorm);
  }

  /** With another clipping; 0 for none. */
  public OptimizerRecipe withClip(double norm) {
    return new OptimizerRecipe(
        rule, learningRate, schedule, weightDecay, warmupImages, cooldown, norm);
  }

  /** With another schedule. */
  public OptimizerRecipe with(RateSchedule other) {
    return new OptimizerRecipe(
        rule, learningRate, other, weightDecay, warmupImages, cooldown, clipNorm);
  }

  /** The rate once {@code images} images of a run of {@code length} have been seen. */
  double rate(long images, long length) {
    double rise = warmupImages == 0 ? 1 : Math.min(1, (double) (images + 1) / warmupImages);
    double fall = cooldown == 0 ? 1 : Math.min(1, (length - images) / (cooldown * length));
    return learningRate * Math.min(rise, fall) * schedule.factor(images, length);
  }
}
