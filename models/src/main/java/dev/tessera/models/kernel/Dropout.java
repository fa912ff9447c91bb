package dev.tessera.models.kernel;

/**
 * Which elements dropout keeps, a pure function of a key, of the site in the program and of the
 * element's row-major position. It draws the uniform numbers of the tracer's random operation, bit
 * for bit: each pair of elements comes from one 64-bit hash (Stafford's mix 13 of a Weyl sequence,
 * as in splitmix64), cut into two numbers of 23 bits.
 *
 * @param rate share that is dropped; what is kept grows by {@code 1 / (1 - rate)}
 * @param start of the Weyl sequence
 * @param pairs of elements, one hash each
 */
record Dropout(double rate, long start, long pairs) {

  private static final long WEYL = 0x9E3779B97F4A7C15L;
  private static final long MIX_KEY = 0xD1342543DE82EF95L;
  private static final long MIX_1 = 0xBF58476D1CE4E5B9L;
  private static final long MIX_2 = 0x94D049BB133111EBL;
  private static final int MASK = (1 << 23) - 1;

  static Dropout of(double rate, long key, long site, long elements) {
    return new Dropout(rate, mix(key * MIX_KEY + site, 32, MIX_2), (elements + 1) / 2);
  }

  private static long mix(long h, int shift, long multiplier) {
    return (h ^ (h >>> shift)) * multiplier;
  }

  /** Uniform on (0, 1): an odd multiple of 2^-24. */
  double uniform(long element) {
    long pair = element < pairs ? element : element - pairs;
    long h = mix(mix(start + pair * WEYL, 30, MIX_1), 27, MIX_2);
    h ^= h >>> 31;
    long bits = element < pairs ? h & MASK : (h >>> 41) & MASK;
    return (bits + 0.5) * 0x1p-23;
  }

  /** What the element is multiplied with: 0, or a little more than 1. */
  double factor(long element) {
    // The rate as the tracer compares it, in single precision.
    return uniform(element) >= (float) rate ? 1 / (1 - rate) : 0;
  }
}
