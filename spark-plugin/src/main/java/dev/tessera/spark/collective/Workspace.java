package dev.tessera.spark.collective;

import com.sun.jna.Native;
import com.sun.jna.Pointer;
import dev.tessera.models.train.FloatMemory;
import java.nio.ByteBuffer;

/** The direct buffers that one rank reuses for all its calls. */
final class Workspace {

  /** Small enough to stay in a core's cache between the read and the sum. */
  private static final int STAGING_BYTES = 256 << 10;

  /** Vectors up to this size are exchanged whole: latency, not bandwidth, is their time. */
  static final int WHOLE_BYTES = 64 << 10;

  private final ByteBuffer staging = ByteBuffer.allocateDirect(STAGING_BYTES);
  private final ByteBuffer copy = ByteBuffer.allocateDirect(WHOLE_BYTES);
  private final ByteBuffer outHeader = ByteBuffer.allocateDirect(MessageHeader.BYTES);
  private final ByteBuffer inHeader = ByteBuffer.allocateDirect(MessageHeader.BYTES);
  private final long stagingAddress = address(staging);
  private final long copyAddress = address(copy);

  static boolean holdsWhole(FloatMemory memory) {
    return memory.bytes() <= WHOLE_BYTES;
  }

  private static long address(ByteBuffer buffer) {
    return Pointer.nativeValue(Native.getDirectBufferPointer(buffer));
  }

  ByteBuffer staging() {
    return staging;
  }

  long stagingAddress() {
    return stagingAddress;
  }

  ByteBuffer outHeader() {
    return outHeader;
  }

  ByteBuffer inHeader() {
    return inHeader;
  }

  /** A copy of at most {@link #WHOLE_BYTES}, valid until the next. */
  FloatMemory copy(FloatMemory memory) {
    if (memory.elements() > 0) {
      copy.clear().put(memory.asBuffer());
    }
    return FloatMemory.host(copyAddress, memory.elements());
  }
}
