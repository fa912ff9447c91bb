package dev.tessera.datasets.batch;

/**
 * Hashing of numbers to 64 bits by the finaliser of SplitMix64 (Steele, Lea, Flood, 2014). {@code
 * models} has its own, since neither module knows the other; what either gives may never change.
 */
final class Mix {

  private static final long GAMMA = 0x9e3779b97f4a7c15L;

  private Mix() {}

  static long hash(long first, long second, long third) {
    return mix(mix(mix(first + GAMMA) + second + GAMMA) + third + GAMMA);
  }

  private static long mix(long value) {
    long z = (value ^ value >>> 30) * 0xbf58476d1ce4e5b9L;
    z = (z ^ z >>> 27) * 0x94d049bb133111ebL;
    return z ^ z >>> 31;
  }
}
