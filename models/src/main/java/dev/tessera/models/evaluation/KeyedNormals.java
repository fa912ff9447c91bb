package dev.tessera.models.evaluation;

import dev.tessera.models.graph.Hash;

/**
 * Normal variates as a function of a key and an index, the same on every JVM: splitmix64 bits
 * (Steele, Lea, Flood, 2014) through Box and Muller's transform in strict arithmetic.
 */
final class KeyedNormals {

  private static final long GAMMA = 0x9E3779B97F4A7C15L;
  private static final double UNIT = 0x1p-53;

  private final long key;

  KeyedNormals(long key) {
    this.key = Hash.mix(key + GAMMA);
  }

  /** The normals of one row, independent of other rows. */
  void fill(long row, double[] target) {
    long state = Hash.mix(key ^ Hash.mix((row + 1) * GAMMA));
    for (int i = 0; i < target.length; i += 2) {
      state += GAMMA;
      double radius = StrictMath.sqrt(-2 * StrictMath.log(((Hash.mix(state) >>> 11) + 1) * UNIT));
      state += GAMMA;
      double angle = 2 * Math.PI * ((Hash.mix(state) >>> 11) * UNIT);
      target[i] = radius * StrictMath.cos(angle);
      if (i + 1 < target.length) {
        target[i + 1] = radius * StrictMath.sin(angle);
      }
    }
  }
}
