package dev.tessera.models.train;

/**
 * A metric or a part of the state that is no longer a number: another attempt would end the same
 * way.
 */
public final class DivergedException extends RuntimeException {

  private static final long serialVersionUID = 1L;

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
