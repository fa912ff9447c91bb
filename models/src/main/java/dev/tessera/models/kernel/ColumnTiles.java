package dev.tessera.models.kernel;

/**
 * How a block's threads are laid over the columns of rows, so that neighbours read neighbouring
 * memory and no thread is idle.
 *
 * @param across threads side by side: a power of two, at most a warp
 * @param down rows that a block reads at once
 * @param parts blocks that all columns need
 */
record ColumnTiles(int across, int down, int parts) {

  private static final int WARP = 32;

  /**
   * @param columns counted in what a thread reads at once
   * @param threads of a block
   */
  static ColumnTiles of(int columns, int threads) {
    int across = 1;
    while (across < columns && across < WARP) {
      across *= 2;
    }
    return new ColumnTiles(across, threads / across, (int) Geometry.ceilDiv(columns, across));
  }

  /** A launch of so many blocks along the rows. */
  Geometry geometry(long blocks) {
    return new Geometry(parts, Math.toIntExact(blocks), 1, across, down, 0);
  }
}
