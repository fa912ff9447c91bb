package dev.tessera.models.train;

/**
 * A metric or a part of the state that is no longer a number: another attempt would end the same
 * way.
 */
public final class DivergedException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private DivergedException(String message) {
    super(message);
  }

  /** Gradients that overflow float16 whatever their scale. */
  static DivergedException ofScale(String group, double scale, long images) {
    return new DivergedException(
        "Training diverged: "
            + group
            + "_loss_scale has fallen to "
            + scale
            + " after "
            + images
            + " images, below schedule.loss-scale.minimum: gradients overflow float16; lower"
            + " model.optimizer.learning-rate, raise model.optimizer.warmup-images or set"
            + " schedule.precision=bf16.");
  }

  DivergedException(String metric, double value, long images) {
    super(
        "Training diverged: "
            + metric
            + " is "
            + value
            + " after "
            + images
            + " images; lower model.optimizer.learning-rate, raise model.optimizer.warmup-images or"
            + " set model.optimizer.clip-norm.");
  }
}
