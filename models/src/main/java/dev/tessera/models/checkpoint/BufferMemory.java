package dev.tessera.models.checkpoint;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Objects;

/** Tensor bytes in one buffer, direct or on the heap. */
final class BufferMemory implements TensorMemory {

  private final ByteBuffer bytes;

  BufferMemory(ByteBuffer buffer) {
    this.bytes = buffer.slice();
  }

  @Override
  public long bytes() {
    return bytes.limit();
  }

  @Override
  public ByteBuffer view(long offset, int length) {
    Objects.checkFromIndexSize(offset, (long) length, bytes());
    return bytes.slice((int) offset, length).order(ByteOrder.LITTLE_ENDIAN);
  }
}
