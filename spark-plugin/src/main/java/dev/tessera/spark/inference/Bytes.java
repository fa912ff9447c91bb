package dev.tessera.spark.inference;

import dev.tessera.models.runtime.NativeTensor;
import java.nio.LongBuffer;

/** Pixels and codes as the numbers that measures take. */
public final class Bytes {

  private Bytes() {}

  /** 0 to 255 of unsigned bytes. */
  public static float[] floats(byte[] pixels) {
    float[] values = new float[pixels.length];
    floats(pixels, values);
    return values;
  }

  /** The same into {@code values}, of equal length. */
  static void floats(byte[] pixels, float[] values) {
    for (int i = 0; i < pixels.length; i++) {
      values[i] = pixels[i] & 0xff;
    }
  }

  /** The first {@code count} elements of an int64 tensor. */
  public static int[] codes(NativeTensor tensor, int count) {
    LongBuffer memory = tensor.memory().asLongBuffer();
    int[] codes = new int[count];
    for (int i = 0; i < count; i++) {
      codes[i] = Math.toIntExact(memory.get(i));
    }
    return codes;
  }
}
