package dev.tessera.models.checkpoint;

import com.sun.jna.Pointer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Objects;

/** Tensor bytes at an address of this process, of any length. */
record NativeMemory(long address, long bytes) implements TensorMemory {

  NativeMemory {
    if (address == 0 && bytes > 0) {
      throw new IllegalArgumentException("address: 0 (expected: a mapped address)");
    }
    if (bytes < 0) {
      throw new IllegalArgumentException("bytes: " + bytes + " (expected: 0 or more)");
    }
  }

  @Override
  public ByteBuffer view(long offset, int length) {
    Objects.checkFromIndexSize(offset, (long) length, bytes);
    if (length == 0) {
      return ByteBuffer.allocate(0);
    }
    return new Pointer(address).getByteBuffer(offset, length).order(ByteOrder.LITTLE_ENDIAN);
  }
}
