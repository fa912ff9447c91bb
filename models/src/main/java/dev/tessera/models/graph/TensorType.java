package dev.tessera.models.graph;

import java.util.Locale;

/**
 * Element type and shape of a traced value.
 *
 * @param dtype of every element
 * @param shape known while tracing, every dimension of it
 */
public record TensorType(DType dtype, Shape shape) {

  /** Of all elements, without gaps. */
  public long bytes() {
    return shape.size() * dtype.bytes();
  }

  /** This type, if libtorch computes {@code operation} on it. */
  TensorType floating(String operation) {
    if (!dtype.isFloating()) {
      throw new ShapeException(operation + " expects floats, got " + this);
    }
    return this;
  }

  /** This type, if {@code operation} is defined on it: numbers, not truth values. */
  TensorType numeric(String operation) {
    if (dtype == DType.BOOL) {
      throw new ShapeException(operation + " expects numbers, got " + this);
    }
    return this;
  }

  @Override
  public String toString() {
    return dtype.name().toLowerCase(Locale.ROOT) + shape;
  }
}
