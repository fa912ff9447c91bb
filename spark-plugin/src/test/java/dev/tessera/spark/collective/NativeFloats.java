package dev.tessera.spark.collective;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import dev.tessera.models.train.FloatMemory;

/** Floats in native memory, as a tensor would hold them. */
final class NativeFloats {

  private final Memory block;
  private final long offset;
  private final int count;

  private NativeFloats(Memory block, long offset, int count) {
    this.block = block;
    this.offset = offset;
    this.count = count;
  }

  static NativeFloats of(float... values) {
    return at(0, values);
  }

  /** Values that begin {@code offset} bytes after an aligned address. */
  static NativeFloats at(long offset, float... values) {
    Memory block = new Memory(offset + Math.max(1, values.length) * (long) Float.BYTES);
    if (values.length > 0) {
      block.write(offset, values, 0, values.length);
    }
    return new NativeFloats(block, offset, values.length);
  }

  long address() {
    return Pointer.nativeValue(block) + offset;
  }

  FloatMemory memory() {
    return FloatMemory.host(address(), count);
  }

  float[] values() {
    return count == 0 ? new float[0] : block.getFloatArray(offset, count);
  }
}
