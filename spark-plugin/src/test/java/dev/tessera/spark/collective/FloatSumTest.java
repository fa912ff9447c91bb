package dev.tessera.spark.collective;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.engine.Engine;
import java.util.Random;
import org.junit.jupiter.api.Test;

class FloatSumTest {

  @Test
  void theSumInLibtorchHasTheBitsOfTheSumInJava() {
    Engine.getEngine("PyTorch");
    FloatSum blas = BlasSum.ofLoadedLibtorch().orElseThrow();
    Random random = new Random(7);
    for (int count : new int[] {0, 1, 2, 3, 7, 8, 15, 16, 17, 63, 64, 65, 1000, 65_537}) {
      for (long offset : new long[] {0, 1, 2, 4, 12, 36}) {
        float[] terms = awkward(random, count);
        float[] sums = awkward(random, count);
        assertThat(added(blas, offset, terms, sums))
            .as("%d values at offset %d", count, offset)
            .isEqualTo(added(new BufferSum(), offset, terms, sums));
      }
    }
  }

  @Test
  void theSumInJavaIsTheSumOfFloats() {
    float[] terms = {1, 2.5f, 1e30f, Float.MIN_VALUE, 16_777_216f};
    float[] sums = {3, -2.5f, 1e30f, Float.MIN_VALUE, 1f};
    float[] expected = {4, 0, 2e30f, 2 * Float.MIN_VALUE, 16_777_216f};
    assertThat(added(new BufferSum(), 4, terms, sums)).isEqualTo(expected);
  }

  private static float[] added(FloatSum sum, long offset, float[] terms, float[] sums) {
    NativeFloats from = NativeFloats.at(offset, terms);
    NativeFloats into = NativeFloats.at(2 * offset, sums);
    sum.add(from.address(), into.address(), terms.length);
    return into.values();
  }

  /** Of all magnitudes, with subnormals, zeros of both signs and infinities. */
  private static float[] awkward(Random random, int count) {
    float[] special = {0f, -0f, Float.MIN_VALUE, -Float.MIN_NORMAL, Float.MAX_VALUE, 1e-40f};
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] =
          random.nextInt(4) == 0
              ? special[random.nextInt(special.length)]
              : (float) (random.nextGaussian() * Math.pow(10, random.nextInt(60) - 30));
    }
    return values;
  }
}
