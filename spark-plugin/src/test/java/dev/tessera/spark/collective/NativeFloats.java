package dev.tessera.spark.collective;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import dev.tessera.models.train.FloatMemory;

/** Floats in native memory, as a tensor would hold them. */
final class NativeFloats implements Floats {

  private final Memory block;
  private final long offset;
  private final int count;
  private final int device;

  private NativeFloats(Memory block, long offset, int count, int device) {
    this.block = block;
    this.offset = offset;
    this.count = count;
    this.device = device;
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
    return new NativeFloats(block, offset, values.length, -1);
  }

  /** The same values in the same place, as those of a GPU that there is not. */
  NativeFloats onDevice(int number) {
    return new NativeFloats(block, offset, count, number);
  }

  long address() {
    return Pointer.nativeValue(block) + offset;
  }

  @Override
  public FloatMemory memory() {
    return new FloatMemory(address(), count, device);
  }

  @Override
  public float[] values() {
    return count == 0 ? new float[0] : block.getFloatArray(offset, count);
  }
}
