package dev.tessera.models.graph;

import java.util.Arrays;
import java.util.stream.Collectors;
import java.util.stream.LongStream;

/** The sizes of a tensor's dimensions, outermost first; a scalar has none. */
public final class Shape {

  private final long[] dims;

  private Shape(long[] dims) {
    for (long dim : dims) {
      if (dim < 0) {
        throw new IllegalArgumentException("dim: " + dim + " (expected: 0 or more)");
      }
    }
    this.dims = dims;
  }

  public static Shape of(long... dims) {
    return new Shape(dims.clone());
  }

  public int rank() {
    return dims.length;
  }

  /** Size of dimension {@code i}; negative {@code i} counts from the last. */
  public long dim(int i) {
    return dims[axis(i)];
  }

  /** {@code i} as a number from 0; negative {@code i} counts from the last dimension. */
  public int axis(int i) {
    int axis = i < 0 ? i + dims.length : i;
    if (axis < 0 || axis >= dims.length) {
      throw new IllegalArgumentException("dimension " + i + " of " + this + " does not exist");
    }
    return axis;
  }

  /** Number of elements. */
  public long size() {
    return LongStream.of(dims).reduce(1, Math::multiplyExact);
  }

  public long[] toArray() {
    return dims.clone();
  }

  /** This shape with dimension {@code i} of size {@code value}. */
  public Shape with(int i, long value) {
    long[] copy = dims.clone();
    copy[axis(i)] = value;
    return new Shape(copy);
  }

  /** This shape without dimension {@code i}. */
  public Shape without(int i) {
    int axis = axis(i);
    return new Shape(
        LongStream.range(0, dims.length).filter(d -> d != axis).map(d -> dims[(int) d]).toArray());
  }

  /** The common shape of two operands by the broadcasting rule, or null if there is none. */
  static Shape broadcast(Shape a, Shape b) {
    int rank = Math.max(a.rank(), b.rank());
    long[] out = new long[rank];
    for (int i = 1; i <= rank; i++) {
      long x = i <= a.rank() ? a.dim(-i) : 1;
      long y = i <= b.rank() ? b.dim(-i) : 1;
      if (x != y && x != 1 && y != 1) {
        return null;
      }
      out[rank - i] = x == 1 ? y : x;
    }
    return new Shape(out);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Shape shape && Arrays.equals(dims, shape.dims);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(dims);
  }

  /** As in Python, {@code [8, 3, 32, 32]}: also the text of a program. */
  @Override
  public String toString() {
    return LongStream.of(dims).mapToObj(Long::toString).collect(Collectors.joining(", ", "[", "]"));
  }
}
