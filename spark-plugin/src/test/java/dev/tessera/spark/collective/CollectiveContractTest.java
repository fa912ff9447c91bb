package dev.tessera.spark.collective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tessera.models.train.Collective;
import dev.tessera.models.train.CollectiveException;
import dev.tessera.models.train.FloatMemory;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What every collective keeps, whatever carries it. */
class CollectiveContractTest {

  private static final int[] SIZES = {1, 2, 3, 4, 5, 8};
  private static final int[] LENGTHS = {0, 1, 2, 3, 7, 64, 1000, 40_961, 300_007};

  /** What carries the operations. */
  enum Carrier {
    NOTHING,
    RING,
    TREE,
    /** Host memory of a gang whose GPUs talk through NCCL. */
    NCCL_HOST,
    /** NCCL's stand-in, for what is ours around it. */
    NCCL_STAND_IN,
    /** NCCL itself. */
    NCCL
  }

  record Kind(Carrier carrier, int size) {

    Gang gang() throws Exception {
      return switch (carrier) {
        case NOTHING -> Gang.single();
        case RING -> Gang.of(size, Algorithm.RING);
        case TREE -> Gang.of(size, Algorithm.TREE);
        case NCCL_HOST -> Gang.of(size, Algorithm.NCCL);
        case NCCL_STAND_IN -> Gang.standIns(Gang.natives(size), Gang.PATIENT);
        case NCCL -> Gang.onGpus(size, Gang.PATIENT);
      };
    }
  }

  static List<Kind> kinds() {
    List<Kind> kinds = new ArrayList<>(List.of(new Kind(Carrier.NOTHING, 1)));
    for (Carrier carrier : new Carrier[] {Carrier.RING, Carrier.TREE}) {
      for (int size : SIZES) {
        kinds.add(new Kind(carrier, size));
      }
    }
    kinds.add(new Kind(Carrier.NCCL_HOST, 3));
    for (int size : new int[] {1, 2, 3, 4}) {
      kinds.add(new Kind(Carrier.NCCL_STAND_IN, size));
    }
    for (int size : new int[] {1, 2, 4}) {
      kinds.add(new Kind(Carrier.NCCL, size));
    }
    return kinds;
  }

  /** Small whole numbers: every order of sums is exact. */
  private static float[] values(int rank, int length) {
    float[] values = new float[length];
    for (int i = 0; i < length; i++) {
      values[i] = (i * 31 + rank * 17) % 1009 - 500;
    }
    return values;
  }

  private static float[] sums(int size, int length) {
    float[] sums = new float[length];
    for (int rank = 0; rank < size; rank++) {
      float[] values = values(rank, length);
      for (int i = 0; i < length; i++) {
        sums[i] += values[i];
      }
    }
    return sums;
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void allReduceGivesEveryRankTheExactSum(Kind kind) throws Exception {
    try (Gang gang = kind.gang()) {
      for (int length : LENGTHS) {
        float[] expected = sums(gang.size(), length);
        List<float[]> results =
            gang.run(
                c -> {
                  try (Floats floats = gang.put(c, values(c.rank(), length))) {
                    c.allReduce(floats.memory());
                    return floats.values();
                  }
                });
        assertThat(results).allSatisfy(r -> assertThat(r).isEqualTo(expected));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void reduceScatterLeavesEveryRankItsPartOfTheSum(Kind kind) throws Exception {
    try (Gang gang = kind.gang()) {
      for (int length : LENGTHS) {
        float[] expected = sums(gang.size(), length);
        List<float[]> results =
            gang.run(
                c -> {
                  try (Floats floats = gang.put(c, values(c.rank(), length))) {
                    c.reduceScatter(floats.memory());
                    return floats.values();
                  }
                });
        for (int rank = 0; rank < gang.size(); rank++) {
          int[] range = range(length, rank, gang.size());
          assertThat(copy(results.get(rank), range)).isEqualTo(copy(expected, range));
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void allGatherGivesEveryRankAllParts(Kind kind) throws Exception {
    try (Gang gang = kind.gang()) {
      for (int length : LENGTHS) {
        float[] expected = new float[length];
        for (int rank = 0; rank < gang.size(); rank++) {
          int[] range = range(length, rank, gang.size());
          System.arraycopy(values(rank, length), range[0], expected, range[0], range[1] - range[0]);
        }
        List<float[]> results =
            gang.run(
                c -> {
                  try (Floats floats = gang.put(c, values(c.rank(), length))) {
                    c.allGather(floats.memory());
                    return floats.values();
                  }
                });
        assertThat(results).allSatisfy(r -> assertThat(r).isEqualTo(expected));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void broadcastCopiesTheRootsValues(Kind kind) throws Exception {
    try (Gang gang = kind.gang()) {
      for (int root = 0; root < gang.size(); root++) {
        int from = root;
        for (int length : new int[] {0, 1, 5000, 300_007}) {
          List<float[]> results =
              gang.run(
                  c -> {
                    try (Floats floats = gang.put(c, values(c.rank(), length))) {
                      c.broadcast(floats.memory(), from);
                      return floats.values();
                    }
                  });
          assertThat(results).allSatisfy(r -> assertThat(r).isEqualTo(values(from, length)));
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void barrierReturnsOnceEveryRankHasCalledIt(Kind kind) throws Exception {
    try (Gang gang = kind.gang()) {
      for (int late = 0; late < gang.size(); late++) {
        int last = late;
        List<Long> entered = new ArrayList<>();
        List<Long> left =
            gang.run(
                c -> {
                  if (c.rank() == last) {
                    Thread.sleep(30);
                    synchronized (entered) {
                      entered.add(System.nanoTime());
                    }
                  }
                  c.barrier();
                  return System.nanoTime();
                });
        assertThat(left).allMatch(time -> time >= entered.get(entered.size() - 1));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void abortBreaksLaterCalls(Kind kind) throws Exception {
    try (Gang gang = kind.gang()) {
      gang.rank(0).abort("enough");
      assertThatThrownBy(() -> gang.rank(0).barrier())
          .isInstanceOf(CollectiveException.class)
          .hasMessage("The collective was aborted: enough");
    }
  }

  @ParameterizedTest
  @EnumSource(Algorithm.class)
  void randomCallsOfRandomLengthsAreRight(Algorithm algorithm) throws Exception {
    for (int size : new int[] {2, 3, 4, 6}) {
      try (Gang gang = Gang.of(size, algorithm)) {
        gang.run(
            c -> {
              Random random = new Random(size); // the same calls on every rank
              for (int i = 0; i < 150; i++) {
                randomCall(c, random);
              }
              return null;
            });
      }
    }
  }

  private static void randomCall(Collective c, Random random) {
    int length = (int) Math.exp(random.nextDouble() * Math.log(200_000));
    int kind = random.nextInt(4);
    int root = random.nextInt(c.size());
    NativeFloats floats = NativeFloats.at(4L * random.nextInt(16), values(c.rank(), length));
    FloatMemory memory = floats.memory();
    switch (kind) {
      case 0 -> c.broadcast(memory, root);
      case 1 -> {
        c.reduceScatter(memory);
        c.allGather(memory);
      }
      case 2 -> c.barrier();
      default -> c.allReduce(memory);
    }
    float[] expected =
        switch (kind) {
          case 0 -> values(root, length);
          case 2 -> values(c.rank(), length);
          default -> sums(c.size(), length);
        };
    assertThat(floats.values()).isEqualTo(expected);
  }

  @Test
  void theRingSendsNoMoreThanItMust() throws Exception {
    for (int size : SIZES) {
      try (Gang gang = Gang.of(size, Algorithm.RING)) {
        for (int length : new int[] {64 * 15, 120_000}) {
          long[] before = gang.run(Collective::bytesSent).stream().mapToLong(b -> b).toArray();
          gang.run(
              c -> {
                c.allReduce(NativeFloats.of(values(c.rank(), length)).memory());
                return null;
              });
          long each = 2L * (size - 1) * (length / size) * Float.BYTES;
          for (int rank = 0; rank < size; rank++) {
            assertThat(gang.rank(rank).bytesSent() - before[rank]).isEqualTo(each);
          }
        }
      }
    }
  }

  private static int[] range(int length, int rank, int size) {
    long start = Collective.part(FloatMemory.host(1 << 20, length), rank, size).address();
    long count = Collective.part(FloatMemory.host(1 << 20, length), rank, size).elements();
    int from = (int) (start - (1 << 20)) / Float.BYTES;
    return new int[] {from, from + (int) count};
  }

  private static float[] copy(float[] values, int[] range) {
    return java.util.Arrays.copyOfRange(values, range[0], range[1]);
  }
}
