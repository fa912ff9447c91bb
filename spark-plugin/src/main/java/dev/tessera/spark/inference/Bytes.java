package dev.tessera.spark.inference;

import java.nio.ByteBuffer;
import java.nio.LongBuffer;

/** Pixels and codes as the numbers that measures take. */
public final class Bytes {

  private Bytes() {}

  /** 0 to 255 of unsigned bytes. */
  public static float[] floats(byte[] pixels) {
    float[] values = new float[pixels.length];
    floats(pixels, 0, values);
    return values;
  }

  /** The same of {@code values.length} bytes from {@code from}, into {@code values}. */
  static void floats(byte[] pixels, int from, float[] values) {
    for (int i = 0; i < values.length; i++) {
      values[i] = pixels[from + i] & 0xff;
    }
  }

  /** The first {@code count} elements of an int64 tensor's memory. */
  public static int[] codes(ByteBuffer tensor, int count) {
    int[] codes = new int[count];
    codes(tensor, codes, count);
    return codes;
  }

  /** The same into {@code codes}. */
  static void codes(ByteBuffer tensor, int[] codes, int count) {
    LongBuffer memory = tensor.asLongBuffer();
    for (int i = 0; i < count; i++) {
      codes[i] = Math.toIntExact(memory.get(i));
    }
  }
}
