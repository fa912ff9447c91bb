package dev.tessera.spark.collective;

/** A peer's message is of another call than this rank's. */
final class OutOfStepException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  OutOfStepException(String message) {
    super(message);
  }
}
