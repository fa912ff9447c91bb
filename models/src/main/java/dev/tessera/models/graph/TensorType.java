package dev.tessera.models.graph;

/** Element type and shape of a traced value. */
public record TensorType(DType dtype, Shape shape) {

  long bytes() {
    return shape.size() * dtype.bytes();
  }

  @Override
  public String toString() {
    return dtype.name().toLowerCase(java.util.Locale.ROOT) + shape;
  }
}
