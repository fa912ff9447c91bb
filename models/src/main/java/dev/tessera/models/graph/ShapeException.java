package dev.tessera.models.graph;

/** Operands that do not fit together; the message names the layer and the shapes. */
public final class ShapeException extends IllegalArgumentException {

  private static final long serialVersionUID = 1L;

  public ShapeException(String message) {
    super(message);
  }

  ShapeException(String path, String message) {
    super(path.isEmpty() ? message : path + ": " + message);
  }
}
