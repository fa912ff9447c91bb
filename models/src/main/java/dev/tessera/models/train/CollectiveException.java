package dev.tessera.models.train;

/** A collective operation that cannot finish: a peer is lost, late or out of step. */
public final class CollectiveException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  public CollectiveException(String message) {
    super(message);
  }

  public CollectiveException(String message, Throwable cause) {
    super(message, cause);
  }
}
