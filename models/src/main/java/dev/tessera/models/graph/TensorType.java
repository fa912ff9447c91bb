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
  public TensorType floating(String operation) {
    if (!dtype.isFloating()) {
      throw new ShapeException(operation + " expects floats, got " + this);
    }
    return this;
  }

  /** This type, if {@code operation} is defined on it: numbers, not truth values. */
  public TensorType numeric(String operation) {
    if (dtype == DType.BOOL) {
      throw new ShapeException(operation + " expects numbers, got " + this);
    }
    return this;
  }

  /** This type, if it is that of pictures. */
  public TensorType pictures(String operation) {
    if (shape.rank() != 4) {
      throw new ShapeException(operation + " expects [N, C, H, W], got " + shape);
    }
    return this;
  }

  /** This type, if it has the shape that {@code operation} expects of {@code what}. */
  public TensorType expect(String operation, String what, Shape expected) {
    if (!shape.equals(expected)) {
      throw new ShapeException(
          operation + " expects " + what + " of " + expected + ", got " + shape);
    }
    return this;
  }

  /** This floating type, if {@code other} has the same elements. */
  TensorType alike(String operation, TensorType other) {
    floating(operation);
    if (dtype != other.dtype) {
      throw new ShapeException(
          operation + " expects operands of one type, got " + this + " and " + other);
    }
    return this;
  }

  @Override
  public String toString() {
    return dtype.name().toLowerCase(Locale.ROOT) + shape;
  }
}
