package dev.tessera.spark.collective;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The tree's sums follow one binary tree over the ranks, bit for bit. */
class TreeOrderTest {

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 4, 5, 6, 8})
  void sumsFollowTheTree(int size) throws Exception {
    try (Gang gang = Gang.of(size, Algorithm.TREE)) {
      for (int length : new int[] {1, 5, 1000, 50_001}) {
        List<float[]> leaves = new ArrayList<>();
        for (int rank = 0; rank < size; rank++) {
          leaves.add(gaussians(rank, length));
        }
        float[] expected = tree(leaves);
        List<float[]> results =
            gang.run(
                c -> {
                  NativeFloats floats = NativeFloats.of(leaves.get(c.rank()));
                  c.allReduce(floats.memory());
                  return floats.values();
                });
        assertThat(results).allSatisfy(r -> assertThat(bits(r)).isEqualTo(bits(expected)));
      }
    }
  }

  private static float[] gaussians(int rank, int length) {
    Random random = new Random(1000L * rank + length);
    float[] values = new float[length];
    for (int i = 0; i < length; i++) {
      values[i] = (float) (random.nextGaussian() * Math.exp(4 * random.nextGaussian()));
    }
    return values;
  }

  /** Pairs the surplus over a power of two first, then neighbours, level by level. */
  private static float[] tree(List<float[]> leaves) {
    List<float[]> level = new ArrayList<>();
    int surplus = leaves.size() - Integer.highestOneBit(leaves.size());
    for (int i = 0; i < leaves.size(); i++) {
      level.add(i < 2 * surplus ? sum(leaves.get(i), leaves.get(++i)) : leaves.get(i));
    }
    while (level.size() > 1) {
      List<float[]> next = new ArrayList<>();
      for (int i = 0; i < level.size(); i += 2) {
        next.add(sum(level.get(i), level.get(i + 1)));
      }
      level = next;
    }
    return level.get(0);
  }

  private static float[] sum(float[] a, float[] b) {
    float[] sum = new float[a.length];
    for (int i = 0; i < a.length; i++) {
      sum[i] = a[i] + b[i];
    }
    return sum;
  }

  private static int[] bits(float[] values) {
    int[] bits = new int[values.length];
    for (int i = 0; i < values.length; i++) {
      bits[i] = Float.floatToRawIntBits(values[i]);
    }
    return bits;
  }
}
