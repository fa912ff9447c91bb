package dev.tessera.datasets.batch;

/**
 * A permutation of 0 to size - 1 in constant memory: a balanced Feistel network over the smallest
 * even number of bits that holds {@code size}, walked along its cycle until it lands inside (Black
 * and Rogaway, "Ciphers with arbitrary finite domains", 2002). Less than four steps on average.
 */
final class KeyedPermutation {

  private static final int ROUNDS = 6;

  private final long size;
  private final long key;
  private final int halfBits;
  private final long halfMask;

  KeyedPermutation(long size, long key) {
    if (size < 1) {
      throw new IllegalArgumentException("size: " + size + " (expected: 1 or more)");
    }
    this.size = size;
    this.key = key;
    int bits = Math.max(2, Long.SIZE - Long.numberOfLeadingZeros(size - 1));
    this.halfBits = (bits + 1) / 2;
    this.halfMask = (1L << halfBits) - 1;
  }

  /** The image of {@code index}, 0 to size - 1. */
  long at(long index) {
    if (index < 0 || index >= size) {
      throw new IndexOutOfBoundsException("index " + index + " of " + size);
    }
    long value = index;
    do {
      value = encrypt(value);
    } while (value >= size);
    return value;
  }

  private long encrypt(long value) {
    long left = value >>> halfBits;
    long right = value & halfMask;
    for (int round = 0; round < ROUNDS; round++) {
      long next = left ^ (Mix.hash(key, round, right) & halfMask);
      left = right;
      right = next;
    }
    return left << halfBits | right;
  }
}
