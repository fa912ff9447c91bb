package dev.tessera.models.evaluation;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class MeanImageTest {

  @Test
  void isTheMeanOfAllPartitions() {
    MeanImage first = new MeanImage(2);
    MeanImage second = new MeanImage(2);
    assertThat(first.result()).containsOnly(Double.NaN);
    first.accumulate(new float[] {1, 2, 3, 4});
    second.accumulate(new float[] {5, 0});
    first.merge(second);
    assertThat(first.images()).isEqualTo(3);
    assertThat(first.result()).containsExactly(3, 2);
  }
}
