package dev.tessera.models.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class SlicedWassersteinTest {

  @Test
  void identicalSetsInAnyOrderAreAtZero() {
    float[] set = Images.uniform(new Random(1), 7 * 30);
    float[] turned = new float[set.length];
    System.arraycopy(set, 30, turned, 0, 6 * 30);
    System.arraycopy(set, 0, turned, 6 * 30, 30);
    assertThat(SlicedWasserstein.distance(set, turned, 30, 16, 5)).isZero();
    float[] twice = Arrays.copyOf(set, 2 * set.length);
    System.arraycopy(set, 0, twice, set.length, set.length);
    assertThat(SlicedWasserstein.distance(set, twice, 30, 16, 5)).isZero();
  }

  @Test
  void aShiftMovesItByTheShiftsProjection() {
    int dimensions = 40;
    float[] set = Images.uniform(new Random(2), 50 * dimensions);
    float[] shifted = set.clone();
    for (int i = 0; i < shifted.length; i++) {
      shifted[i] += 0.5f;
    }
    // E|<u, v>| = |v| Gamma(d/2) / (sqrt(pi) Gamma((d+1)/2)), near |v| sqrt(2 / (pi d)).
    double norm = 0.5 * Math.sqrt(dimensions);
    double expected = norm * Math.sqrt(2 / (Math.PI * (dimensions - 0.5)));
    assertThat(SlicedWasserstein.distance(set, shifted, dimensions, 20_000, 3))
        .isCloseTo(expected, within(0.02 * expected));
  }

  @Test
  void gaussiansOfEqualMeansHaveTheirClosedForm() {
    int dimensions = 12;
    int count = 20_000;
    float[] narrow = Images.normal(new Random(3), count * dimensions, 0.3, 1);
    float[] wide = Images.normal(new Random(4), count * dimensions, 0.3, 1.8);
    assertThat(SlicedWasserstein.distance(narrow, wide, dimensions, 32, 1))
        .isCloseTo(0.8 * Math.sqrt(2 / Math.PI), within(0.02));
  }

  @Test
  void oneDimensionEqualsTheAreaBetweenDistributionFunctions() {
    for (int seed = 0; seed < 300; seed++) {
      Random random = new Random(seed);
      double[] a = random.doubles(1 + random.nextInt(12)).sorted().toArray();
      double[] b = random.doubles(1 + random.nextInt(12)).sorted().toArray();
      assertThat(Wasserstein.sorted(a, b)).isCloseTo(slow(a, b), within(1e-12));
      assertThat(Wasserstein.sorted(b, a)).isCloseTo(slow(a, b), within(1e-12));
    }
  }

  private static double slow(double[] a, double[] b) {
    double[] all = Arrays.copyOf(a, a.length + b.length);
    System.arraycopy(b, 0, all, a.length, b.length);
    Arrays.sort(all);
    double area = 0;
    for (int i = 0; i + 1 < all.length; i++) {
      double at = all[i];
      double f = Arrays.stream(a).filter(v -> v <= at).count() / (double) a.length;
      double g = Arrays.stream(b).filter(v -> v <= at).count() / (double) b.length;
      area += Math.abs(f - g) * (all[i + 1] - at);
    }
    return area;
  }

  @Test
  void itIsSymmetricHoldsTheTriangleAndScales() {
    for (int seed = 0; seed < 30; seed++) {
      Random random = new Random(seed);
      float[] a = Images.uniform(random, 9 * (1 + random.nextInt(9)));
      float[] b = Images.normal(random, 9 * (1 + random.nextInt(9)), 0.2, 0.7);
      float[] c = Images.normal(random, 9 * (1 + random.nextInt(9)), -0.4, 2);
      double ab = SlicedWasserstein.distance(a, b, 9, 8, seed);
      double ac = SlicedWasserstein.distance(a, c, 9, 8, seed);
      double cb = SlicedWasserstein.distance(c, b, 9, 8, seed);
      assertThat(SlicedWasserstein.distance(b, a, 9, 8, seed)).isCloseTo(ab, within(1e-12));
      assertThat(ab).isLessThanOrEqualTo(ac + cb + 1e-12);
      assertThat(SlicedWasserstein.distance(doubled(a), doubled(b), 9, 8, seed))
          .isCloseTo(2 * ab, within(1e-12));
    }
  }

  private static float[] doubled(float[] values) {
    float[] result = values.clone();
    for (int i = 0; i < result.length; i++) {
      result[i] *= 2;
    }
    return result;
  }

  @Test
  void anyPartitionGivesTheSameBits() {
    float[] a = Images.uniform(new Random(5), 23 * 10);
    float[] b = Images.uniform(new Random(6), 19 * 10);
    double whole = SlicedWasserstein.distance(a, b, 10, 12, 1);
    SlicedWasserstein other = new SlicedWasserstein(10, 12, 1);
    other.accumulate(b);
    for (int cut = 0; cut <= 23; cut++) {
      SlicedWasserstein first = new SlicedWasserstein(10, 12, 1);
      SlicedWasserstein second = new SlicedWasserstein(10, 12, 1);
      first.accumulate(Arrays.copyOf(a, cut * 10));
      second.accumulate(Arrays.copyOfRange(a, cut * 10, a.length));
      second.merge(first);
      assertThat(second.distance(other)).isEqualTo(whole);
    }
  }

  @Test
  void setsSeenThroughOtherDirectionsAreRefused() {
    SlicedWasserstein set = new SlicedWasserstein(4, 2, 1);
    assertThatThrownBy(() -> set.merge(new SlicedWasserstein(4, 2, 2)))
        .hasMessageStartingWith("other: 4 dimensions, 2 projections, seed 2");
    assertThatThrownBy(() -> set.distance(new SlicedWasserstein(4, 2, 1)))
        .hasMessage("images: 0 and 0 (expected: 1 or more in each set)");
  }
}
