package dev.tessera.models.evaluation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class MomentsTest {

  private static Moments of(float... values) {
    Moments moments = new Moments();
    moments.accumulate(values, values.length);
    return moments;
  }

  @Test
  void meanAndDeviationAreThoseOfTheWhole() {
    Moments moments = of(2, 4, 4, 4, 5, 5, 7, 9);
    assertThat(moments.mean()).isEqualTo(5);
    assertThat(moments.deviation()).isEqualTo(2);
    Moments equal = of(-3, -3, -3);
    assertThat(equal.mean()).isEqualTo(-3);
    assertThat(equal.deviation()).isZero();
    assertThat(new Moments().mean()).isNaN();
  }

  @Test
  void whatStandsBehindTheCountIsNotRead() {
    Moments moments = new Moments();
    moments.accumulate(new float[] {1, 3, 1000}, 2);
    assertThat(moments.mean()).isEqualTo(2);
    assertThat(moments.deviation()).isEqualTo(1);
  }

  @Test
  void anyPartitionGivesTheSameBits() {
    Random random = new Random(3);
    float[] values = Images.normal(random, 2000, 0.3f, 2);
    Moments whole = of(values);
    for (int part : new int[] {1, 7, 512, 1999}) {
      Moments merged = new Moments();
      for (int from = 0; from < values.length; from += part) {
        int to = Math.min(from + part, values.length);
        merged.merge(of(Arrays.copyOfRange(values, from, to)));
      }
      assertThat(merged.mean()).isEqualTo(whole.mean());
      assertThat(merged.deviation()).isEqualTo(whole.deviation());
    }
  }
}
