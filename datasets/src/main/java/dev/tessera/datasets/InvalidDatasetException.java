package dev.tessera.datasets;

/**
 * A data set that cannot be read or written as asked: a missing folder, a wrong file, a full disk.
 * Its message is one clear sentence that names the file, key or rank and the way out; the command
 * line prints it alone and exits with code 2.
 */
public final class InvalidDatasetException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  public InvalidDatasetException(String message) {
    super(message);
  }

  public InvalidDatasetException(String message, Throwable cause) {
    super(message, cause);
  }
}
