package dev.tessera.spark.barrier;

/** A gang that was given up. The message is one sentence: the rank, its host and the cause. */
public final class GangException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  GangException(String message, Throwable cause) {
    super(message, cause);
  }
}
