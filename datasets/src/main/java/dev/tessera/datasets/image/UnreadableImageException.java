package dev.tessera.datasets.image;

/**
 * Bytes that are not a picture we can read. The message is the reason that goes to the quarantine
 * table. Checked, because a bad picture never stops a run: every caller has to decide.
 */
public final class UnreadableImageException extends Exception {

  private static final long serialVersionUID = 1L;

  public UnreadableImageException(String reason) {
    super(reason);
  }

  public UnreadableImageException(String reason, Throwable cause) {
    super(reason, cause);
  }
}
