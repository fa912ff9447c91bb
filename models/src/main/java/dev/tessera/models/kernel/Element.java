package dev.tessera.models.kernel;

import com.sun.jna.Pointer;

/** Element types of operands, and how the host reads and writes them. */
enum Element {
  FLOAT16(5, 2),
  FLOAT32(6, 4),
  FLOAT64(7, 8),
  BFLOAT16(15, 2),
  INT64(4, 8);

  private final int scalarType;
  private final int bytes;

  Element(int scalarType, int bytes) {
    this.scalarType = scalarType;
    this.bytes = bytes;
  }

  static Element of(int scalarType) {
    for (Element element : values()) {
      if (element.scalarType == scalarType) {
        return element;
      }
    }
    throw new IllegalArgumentException(
        "element type: " + scalarType + " (expected: a floating type or int64)");
  }

  /** The value of {@code c10::ScalarType}. */
  int scalarType() {
    return scalarType;
  }

  int bytes() {
    return bytes;
  }

  /** Elements of host memory as numbers. */
  double[] read(long address, int count) {
    double[] values = new double[count];
    if (count == 0) {
      return values;
    }
    Pointer memory = new Pointer(address);
    switch (this) {
      case FLOAT64 -> memory.read(0, values, 0, count);
      case FLOAT32 -> {
        float[] floats = memory.getFloatArray(0, count);
        for (int i = 0; i < count; i++) {
          values[i] = floats[i];
        }
      }
      case FLOAT16, BFLOAT16 -> {
        short[] bits = memory.getShortArray(0, count);
        for (int i = 0; i < count; i++) {
          values[i] = this == FLOAT16 ? half(bits[i]) : brain(bits[i]);
        }
      }
      case INT64 -> throw new IllegalArgumentException("element type: INT64 (expected: floating)");
    }
    return values;
  }

  /** Writes numbers, rounded to nearest with ties to even, to host memory. */
  void write(long address, double[] values) {
    if (values.length == 0) {
      return;
    }
    Pointer memory = new Pointer(address);
    switch (this) {
      case FLOAT64 -> memory.write(0, values, 0, values.length);
      case FLOAT32 -> {
        float[] floats = new float[values.length];
        for (int i = 0; i < floats.length; i++) {
          floats[i] = (float) values[i];
        }
        memory.write(0, floats, 0, floats.length);
      }
      case FLOAT16, BFLOAT16 -> {
        short[] bits = new short[values.length];
        for (int i = 0; i < bits.length; i++) {
          bits[i] = this == FLOAT16 ? encode(values[i], 10, 15) : encode(values[i], 7, 127);
        }
        memory.write(0, bits, 0, bits.length);
      }
      case INT64 -> throw new IllegalArgumentException("element type: INT64 (expected: floating)");
    }
  }

  private static double brain(short bits) {
    return Float.intBitsToFloat(bits << 16);
  }

  private static double half(short bits) {
    int exponent = (bits >>> 10) & 0x1f;
    int mantissa = bits & 0x3ff;
    double value;
    if (exponent == 0x1f) {
      value = mantissa == 0 ? Double.POSITIVE_INFINITY : Double.NaN;
    } else if (exponent == 0) {
      value = mantissa * 0x1p-24;
    } else {
      value = Math.scalb(mantissa + 1024.0, exponent - 25);
    }
    return bits < 0 ? -value : value;
  }

  /** The nearest number of 16 bits. */
  private static short encode(double value, int mantissaBits, int bias) {
    int infinity = (2 * bias + 1) << mantissaBits;
    int bits;
    if (Double.isNaN(value)) {
      bits = infinity | 1 << (mantissaBits - 1);
    } else {
      int exponent = Math.max(Math.getExponent(value), 1 - bias);
      // Units of the last place: below 2^mantissaBits for subnormal numbers, whose exponent field
      // is 0, and a carry into the exponent where rounding reaches the next power of two.
      double units = Math.rint(Math.scalb(Math.abs(value), mantissaBits - exponent));
      bits = exponent > bias ? infinity : ((exponent + bias - 1) << mantissaBits) + (int) units;
    }
    return (short) (Math.copySign(1, value) < 0 ? bits | 0x8000 : bits);
  }
}
