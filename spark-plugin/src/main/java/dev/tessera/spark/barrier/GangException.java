package dev.tessera.spark.barrier;

/** A gang that was given up. The message is one sentence: the rank, its host and the cause. */
public sealed class GangException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  GangException(String message, Throwable cause) {
    super(message, cause);
  }

  /** The driver's thread was interrupted, its Spark job cancelled, or its session stopped. */
  public static final class Interrupted extends GangException {

    private static final long serialVersionUID = 1L;

    Interrupted(String message, Throwable cause) {
      super(message, cause);
    }
  }
}
