package dev.tessera.models.train;

/**
 * Ranks that should hold the same parameters do not: nothing that any of them has is to be used.
 */
public final class ReplicasDifferException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  ReplicasDifferException(String message) {
    super(message);
  }
}
