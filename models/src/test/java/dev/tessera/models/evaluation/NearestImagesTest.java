package dev.tessera.models.evaluation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class NearestImagesTest {

  @Test
  void findsWhatAScanFinds() {
    for (int seed = 0; seed < 40; seed++) {
      Random random = new Random(seed);
      int dimensions = 1 + random.nextInt(400);
      float[] queries = Images.uniform(random, (1 + random.nextInt(9)) * dimensions);
      float[] training = Images.uniform(random, (1 + random.nextInt(300)) * dimensions);
      NearestImages nearest = new NearestImages(queries, dimensions);
      nearest.accumulate(training, 1000);
      for (int q = 0; q < queries.length / dimensions; q++) {
        double best = Double.POSITIVE_INFINITY;
        int index = -1;
        for (int i = 0; i < training.length / dimensions; i++) {
          double sum = 0;
          for (int d = 0; d < dimensions; d++) {
            double v = (double) training[i * dimensions + d] - queries[q * dimensions + d];
            sum += v * v;
          }
          if (sum < best) {
            best = sum;
            index = i;
          }
        }
        assertThat(nearest.indices()[q]).isEqualTo(1000 + index);
        assertThat(nearest.distances()[q]).isEqualTo(Math.sqrt(best));
      }
    }
  }

  @Test
  void aCopiedTrainingPictureIsAtZeroAndCounted() {
    Random random = new Random(1);
    float[] training = Images.uniform(random, 200 * 50);
    float[] queries = Images.uniform(random, 4 * 50);
    System.arraycopy(training, 150 * 50, queries, 2 * 50, 50);
    NearestImages nearest = new NearestImages(queries, 50);
    assertThat(nearest.indices()).containsOnly(-1);
    nearest.accumulate(training, 0);
    assertThat(nearest.indices()[2]).isEqualTo(150);
    assertThat(nearest.distances()[2]).isZero();
    assertThat(nearest.fractionFartherThan(0)).isEqualTo(0.75);
    assertThat(nearest.fractionFartherThan(1e9)).isZero();
  }

  @Test
  void partitionsInAnyOrderAgreeAndEqualsGoToTheLowerIndex() {
    Random random = new Random(2);
    float[] half = Images.uniform(random, 90 * 7);
    float[] training = Arrays.copyOf(half, 2 * half.length);
    System.arraycopy(half, 0, training, half.length, half.length);
    float[] queries = Images.uniform(random, 20 * 7);
    NearestImages whole = new NearestImages(queries, 7);
    whole.accumulate(training, 0);
    assertThat(Arrays.stream(whole.indices()).max().orElseThrow()).isLessThan(90);
    for (int cut : new int[] {0, 1, 89, 90, 91, 128, 180}) {
      NearestImages first = new NearestImages(queries, 7);
      NearestImages second = new NearestImages(queries, 7);
      first.accumulate(Arrays.copyOf(training, cut * 7), 0);
      second.accumulate(Arrays.copyOfRange(training, cut * 7, training.length), cut);
      second.merge(first);
      assertThat(second.indices()).isEqualTo(whole.indices());
      assertThat(second.distances()).isEqualTo(whole.distances());
    }
  }
}
