package dev.tessera.models;

/**
 * A mistake of the user's: bad input, a wrong key, a missing file. Its message is one clear
 * sentence that names the file, key or rank and the way out; the command line prints it alone and
 * exits with code 2.
 */
public final class UserException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  public UserException(String message) {
    super(message);
  }

  public UserException(String message, Throwable cause) {
    super(message, cause);
  }
}
