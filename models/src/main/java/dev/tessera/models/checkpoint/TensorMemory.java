package dev.tessera.models.checkpoint;

import java.nio.ByteBuffer;

/**
 * The bytes of one tensor, seen through windows: a {@link ByteBuffer} ends at 2 GiB and a tensor
 * need not. Nothing is copied and nothing is owned; whoever made the memory keeps it alive.
 */
public interface TensorMemory {

  /** The number of bytes. */
  long bytes();

  /** A fresh little-endian view of {@code length} bytes from {@code offset}, sharing the memory. */
  ByteBuffer view(long offset, int length);

  /** The bytes between the buffer's position and its limit. */
  static TensorMemory of(ByteBuffer buffer) {
    return new BufferMemory(buffer);
  }

  /** Native memory of this process at {@code address}. */
  static TensorMemory at(long address, long bytes) {
    return new NativeMemory(address, bytes);
  }
}
