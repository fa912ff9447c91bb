package dev.tessera.datasets.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tessera.datasets.InvalidDatasetException;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ShardOrderTest {

  @Test
  void permutationsAreBijections() {
    Random random = new Random(1);
    for (int trial = 0; trial < 400; trial++) {
      int size = trial < 70 ? trial + 1 : 1 + random.nextInt(5_000);
      KeyedPermutation permutation = new KeyedPermutation(size, random.nextLong());
      BitSet seen = new BitSet(size);
      for (int i = 0; i < size; i++) {
        seen.set((int) permutation.at(i));
      }
      assertThat(seen.cardinality()).isEqualTo(size);
    }
  }

  @Test
  void permutationsSpreadEvenly() {
    // Chi-square of where index 0 and index 1 go, over keys; 99.99 % quantile of 29 degrees: 68.6.
    int size = 30;
    for (int index = 0; index < 2; index++) {
      double[] counts = new double[size];
      for (int key = 0; key < 30_000; key++) {
        counts[(int) new KeyedPermutation(size, key).at(index)]++;
      }
      double chiSquare = 0;
      for (double count : counts) {
        chiSquare += (count - 1_000) * (count - 1_000) / 1_000;
      }
      assertThat(chiSquare).isLessThan(68.6);
    }
  }

  @Test
  void holdsHugeTables() {
    KeyedPermutation permutation = new KeyedPermutation(1L << 40, 5);
    for (long i = 0; i < 1_000; i++) {
      assertThat(permutation.at(i << 20)).isBetween(0L, (1L << 40) - 1);
    }
  }

  @Test
  void eachRowComesOnceAnEpochInItsOwnShard() {
    Random random = new Random(2);
    for (int trial = 0; trial < 200; trial++) {
      int shards = 1 + random.nextInt(9);
      int rows = shards + random.nextInt(300);
      ShardOrder order = new ShardOrder(rows, shards, random.nextLong());
      for (int epoch = 0; epoch < 2; epoch++) {
        BitSet seen = new BitSet(rows);
        for (int shard = 0; shard < shards; shard++) {
          long n = order.rowsOf(shard);
          for (long k = epoch * n; k < (epoch + 1) * n; k++) {
            long row = order.row(shard, k);
            assertThat(row % shards).isEqualTo(shard);
            seen.set((int) row);
          }
        }
        assertThat(seen.cardinality()).isEqualTo(rows);
      }
    }
  }

  @Test
  void epochsSeedsAndShardsDiffer() {
    ShardOrder order = new ShardOrder(1_000, 2, 9);
    ShardOrder other = new ShardOrder(1_000, 2, 10);
    int equalEpoch = 0;
    int equalSeed = 0;
    int equalShard = 0;
    for (long k = 0; k < 500; k++) {
      equalEpoch += order.index(0, k) == order.index(0, k + 500) ? 1 : 0;
      equalSeed += order.index(0, k) == other.index(0, k) ? 1 : 0;
      equalShard += order.index(0, k) == order.index(1, k) ? 1 : 0;
    }
    assertThat(List.of(equalEpoch, equalSeed, equalShard)).allMatch(n -> n < 12);
  }

  @Test
  void neverChanges() {
    // A changed order would silently break the resume of every run there is.
    ShardOrder order = new ShardOrder(1_000, 8, 42);
    long hash = 0;
    for (int shard = 0; shard < 8; shard++) {
      for (long k = 0; k < 300; k++) {
        hash = hash * 31 + order.row(shard, k);
      }
    }
    assertThat(hash).isEqualTo(GOLDEN);
  }

  private static final long GOLDEN = 7786132599427173632L;

  @Test
  void refusesMoreShardsThanRows() {
    assertThatThrownBy(() -> new ShardOrder(3, 4, 0))
        .isInstanceOf(InvalidDatasetException.class)
        .hasMessage("The table has 3 rows for 4 shards: use fewer shards or more data");
  }
}
