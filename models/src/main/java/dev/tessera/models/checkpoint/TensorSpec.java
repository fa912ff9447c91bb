package dev.tessera.models.checkpoint;

import java.util.Arrays;
import java.util.List;

/**
 * What a stored tensor is, without its values.
 *
 * @param name path of the tensor, such as {@code generator/encoder.conv_in.weight}
 * @param dtype element type
 * @param shape extents, outermost first; empty for a scalar, zeros allowed
 */
public record TensorSpec(String name, DType dtype, List<Long> shape) {

  public TensorSpec {
    if (name.isEmpty() || name.equals(SafetensorsHeader.METADATA)) {
      throw new IllegalArgumentException(
          "name: '" + name + "' (expected: not empty, not " + SafetensorsHeader.METADATA + ")");
    }
    shape = List.copyOf(shape);
    if (shape.stream().anyMatch(extent -> extent < 0)) {
      throw new IllegalArgumentException("shape: " + shape + " (expected: extents of 0 or more)");
    }
    requireCountable(name, dtype, shape);
  }

  public static TensorSpec of(String name, DType dtype, long... shape) {
    return new TensorSpec(name, dtype, Arrays.stream(shape).boxed().toList());
  }

  /** The number of elements: 1 for a scalar. */
  public long elements() {
    return shape.contains(0L) ? 0 : shape.stream().reduce(1L, Math::multiplyExact);
  }

  /** The number of bytes the values take. */
  public long bytes() {
    return Math.multiplyExact(elements(), (long) dtype.bytes());
  }

  /** Type and shape as messages print them, such as {@code F32 [64, 3, 3, 3]}. */
  public String describe() {
    return dtype + " " + shape;
  }

  private static void requireCountable(String name, DType dtype, List<Long> shape) {
    long bytes = dtype.bytes();
    try {
      for (long extent : shape.contains(0L) ? List.<Long>of() : shape) {
        bytes = Math.multiplyExact(bytes, extent);
      }
    } catch (ArithmeticException e) {
      throw new IllegalArgumentException(
          "shape: " + shape + " of " + name + " (expected: fewer than 2^63 bytes)", e);
    }
  }
}
