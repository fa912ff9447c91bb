package dev.tessera.models;

/**
 * A run that had begun cannot write any more, and another attempt could not either: its disk is
 * full, its quota spent, its folder gone. Nothing that the user gave is wrong, so it is no {@link
 * UserException}; it is told once, in the one sentence of its message, and never retried.
 */
public final class StorageException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  public StorageException(String message, Throwable cause) {
    super(message, cause);
  }
}
