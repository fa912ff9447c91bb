package dev.tessera.spark.collective;

/**
 * How ranks stand as leaves of a perfect binary tree. With {@code n = p + e} ranks, {@code p} the
 * largest power of two, the first {@code e} leaves are pairs of neighbours: the even one leads, the
 * odd one follows.
 *
 * @param count leaves, {@code p}
 * @param pairs leaves made of two ranks, {@code e}
 * @param leaf this rank's leaf
 */
record Leaves(int count, int pairs, int leaf) {

  static Leaves of(int rank, int size) {
    int count = Integer.highestOneBit(size);
    int pairs = size - count;
    return new Leaves(count, pairs, rank < 2 * pairs ? rank / 2 : rank - pairs);
  }

  int rounds() {
    return Integer.numberOfTrailingZeros(count);
  }

  /** The rank that stands for a leaf. */
  int rank(int anyLeaf) {
    return anyLeaf < pairs ? 2 * anyLeaf : anyLeaf + pairs;
  }

  boolean leads(int rank) {
    return rank < 2 * pairs && rank % 2 == 0;
  }

  boolean follows(int rank) {
    return rank < 2 * pairs && rank % 2 == 1;
  }
}
