package dev.tessera.models.runtime;

import com.sun.jna.Native;
import com.sun.jna.Pointer;
import java.nio.ByteBuffer;

/** Addresses of the host's direct buffers. */
final class Host {

  private Host() {}

  /** Of the byte at the buffer's position. */
  static long address(ByteBuffer direct) {
    if (!direct.isDirect()) {
      throw new IllegalArgumentException("memory: " + direct + " (expected: a direct buffer)");
    }
    return Pointer.nativeValue(Native.getDirectBufferPointer(direct)) + direct.position();
  }
}
