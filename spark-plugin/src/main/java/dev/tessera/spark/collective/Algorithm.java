package dev.tessera.spark.collective;

/** How sums travel between ranks; the recipe's choice. */
public enum Algorithm {

  /**
   * Ring reduce-scatter and all-gather (Patarasuk and Yuan 2009): {@code 2 (n-1)/n} of the vector
   * sent per rank whatever their number. The order of sums depends on the number of ranks.
   */
  RING,

  /**
   * Recursive halving and doubling, nearest neighbour first (Thakur, Rabenseifner and Gropp 2005):
   * sums follow one fixed binary tree over the ranks, {@code ((0+1)+(2+3))+((4+5)+(6+7))}, so that
   * 1, 2, 4 and 8 ranks that own contiguous leaves of one tree end with the same bits.
   *
   * <p>With {@code n = p + e} ranks, {@code p} the largest power of two, ranks {@code 2i} and
   * {@code 2i+1} for {@code i < e} are summed first and stand as one leaf of a tree over {@code p}.
   */
  TREE,

  /**
   * NVIDIA's library between GPUs ({@link NcclCollective}), which chooses its own ways and order of
   * sums. What lies in host memory goes by {@link #RING}.
   */
  NCCL
}
