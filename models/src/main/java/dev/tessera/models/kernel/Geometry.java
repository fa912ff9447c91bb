package dev.tessera.models.kernel;

/**
 * Blocks of a launch, threads of a block, and the shared memory that a block gets beside what its
 * source declares.
 */
record Geometry(int gridX, int gridY, int gridZ, int blockX, int blockY, int sharedBytes) {

  /** Blocks and threads along one dimension. */
  static Geometry of(long blocks, int threads) {
    return new Geometry(Math.toIntExact(blocks), 1, 1, threads, 1, 0);
  }

  Geometry withShared(int bytes) {
    return new Geometry(gridX, gridY, gridZ, blockX, blockY, bytes);
  }

  static long ceilDiv(long a, long b) {
    return Math.floorDiv(a + b - 1, b);
  }
}
