package dev.tessera.datasets.batch;

import dev.tessera.datasets.InvalidDatasetException;
import java.util.Locale;

/**
 * The order in which a run sees its rows. Row r belongs to shard r mod S for ever. Shard s draws k
 * = 0, 1, 2, ...: epoch k div n_s, and within the epoch a keyed permutation of its n_s rows. Each
 * row comes once an epoch; nothing depends on the number of ranks. Not for several threads.
 */
public final class ShardOrder {

  private final long rows;
  private final int shards;
  private final long seed;
  private KeyedPermutation permutation;
  private int cachedShard = -1;
  private long cachedEpoch = -1;

  /**
   * @param rows of the table, at least one for each shard
   * @param shards S, 1 or more
   * @param seed of all permutations
   */
  public ShardOrder(long rows, int shards, long seed) {
    if (shards < 1) {
      throw new IllegalArgumentException("shards: " + shards + " (expected: 1 or more)");
    }
    if (rows < shards) {
      throw new InvalidDatasetException(
          String.format(
              Locale.ROOT,
              "The table has %d rows for %d shards: use fewer shards or more data",
              rows,
              shards));
    }
    this.rows = rows;
    this.shards = shards;
    this.seed = seed;
  }

  /** Number of rows of a shard. */
  public long rowsOf(int shard) {
    if (shard < 0 || shard >= shards) {
      throw new IllegalArgumentException(
          "shard: " + shard + " (expected: 0 to " + (shards - 1) + ")");
    }
    return (rows - shard + shards - 1) / shards;
  }

  /** The k-th draw of a shard as an index among its rows, 0 to {@link #rowsOf} - 1. */
  public long index(int shard, long k) {
    long count = rowsOf(shard);
    if (k < 0) {
      throw new IllegalArgumentException("k: " + k + " (expected: 0 or more)");
    }
    long epoch = k / count;
    if (shard != cachedShard || epoch != cachedEpoch) {
      permutation = new KeyedPermutation(count, Mix.hash(seed, shard, epoch));
      cachedShard = shard;
      cachedEpoch = epoch;
    }
    return permutation.at(k % count);
  }

  /** The k-th draw of a shard as a row of the table. */
  public long row(int shard, long k) {
    return index(shard, k) * shards + shard;
  }
}
