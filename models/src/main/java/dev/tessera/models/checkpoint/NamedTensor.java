package dev.tessera.models.checkpoint;

import java.nio.ByteBuffer;

/**
 * A tensor with its memory: the source of a write or the target of a read.
 *
 * @param spec name, element type and shape
 * @param memory exactly {@code spec.bytes()} bytes, row-major, little-endian
 */
public record NamedTensor(TensorSpec spec, TensorMemory memory) {

  public NamedTensor {
    if (memory.bytes() != spec.bytes()) {
      throw new IllegalArgumentException(
          "memory: "
              + memory.bytes()
              + " bytes (expected: "
              + spec.bytes()
              + " for "
              + spec.name()
              + " "
              + spec.describe()
              + ")");
    }
  }

  /**
   * @param memory the elements, row-major: {@code shape}'s product times the bytes of {@code dtype}
   */
  public static NamedTensor of(String name, DType dtype, ByteBuffer memory, long... shape) {
    return new NamedTensor(TensorSpec.of(name, dtype, shape), TensorMemory.of(memory));
  }

  public String name() {
    return spec.name();
  }
}
