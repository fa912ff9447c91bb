package dev.tessera.models.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.tessera.models.runtime.Libtorch;
import dev.tessera.models.runtime.TorchRuntime;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

final class FrechetDistanceTest {

  private static final int N = 500;
  private static final int D = 24;

  private static TorchRuntime runtime;

  @BeforeAll
  static void open() {
    Libtorch.useThreads(1);
    runtime = TorchRuntime.onCpu();
  }

  @AfterAll
  static void close() {
    runtime.close();
  }

  private static FeatureMoments moments(float[] vectors, int d) {
    return parts(vectors, d, vectors.length / d);
  }

  /** Accumulated in parts of so many vectors, merged in order. */
  private static FeatureMoments parts(float[] vectors, int d, int part) {
    FeatureMoments all = new FeatureMoments(d);
    for (int from = 0; from < vectors.length; from += part * d) {
      float[] own = Arrays.copyOfRange(vectors, from, Math.min(vectors.length, from + part * d));
      try (MomentAccumulator accumulator = new MomentAccumulator(runtime, d)) {
        accumulator.accumulate(own, own.length / d);
        all.merge(accumulator.result());
      }
    }
    return all;
  }

  @Test
  void momentsAgreeWithTwoPassesOverAllVectors() {
    float[] vectors = Matrices.vectors(1, N, D, 3, 2);
    FeatureMoments moments = moments(vectors, D);
    double[][] expected = Matrices.covariance(vectors, D);
    assertThat(moments.count()).isEqualTo(N);
    assertThat(moments.mean()).containsExactly(Matrices.mean(vectors, D), within(1e-12));
    assertThat(moments.covariance())
        .containsExactly(
            Arrays.stream(expected).flatMapToDouble(Arrays::stream).toArray(), within(1e-11));
  }

  @Test
  void partsOfAnySizeGiveTheSameMomentsToTwelveDigits() {
    // More than a block, and a mean a thousand times the deviation, which plain sums of squares
    // would lose six digits to.
    float[] vectors = Matrices.vectors(2, 2500, 8, 1000, 1);
    double[] whole = moments(vectors, 8).covariance();
    for (int part : new int[] {1, 7, 64, 1024, 1025, 2499}) {
      FeatureMoments merged = parts(vectors, 8, part);
      assertThat(merged.count()).isEqualTo(2500);
      assertThat(merged.covariance()).as("parts of %d", part).containsExactly(whole, within(1e-12));
      assertThat(merged.mean()).containsExactly(moments(vectors, 8).mean(), within(1e-12 * 1000));
    }
  }

  @Test
  void theDistanceAgreesWithTheRootOfTheProductByAnIterationWithoutEigenvalues() {
    for (int seed = 0; seed < 5; seed++) {
      float[] a = Matrices.vectors(seed, N, D, 0.1 * seed, 1);
      float[] b = Matrices.vectors(100 + seed, N, D, 0.5, 1.5);
      double expected = expected(a, b);
      assertThat(FrechetDistance.between(runtime, moments(a, D), moments(b, D)))
          .isCloseTo(expected, within(1e-8 * expected));
      assertThat(FrechetDistance.between(runtime, moments(b, D), moments(a, D)))
          .isCloseTo(expected, within(1e-8 * expected));
    }
  }

  private static double expected(float[] a, float[] b) {
    double[][] first = Matrices.covariance(a, D);
    double[][] second = Matrices.covariance(b, D);
    double cross = Matrices.trace(Matrices.root(Matrices.product(first, second)));
    double distance = Matrices.trace(first) + Matrices.trace(second) - 2 * cross;
    double[] ma = Matrices.mean(a, D);
    double[] mb = Matrices.mean(b, D);
    for (int i = 0; i < D; i++) {
      distance += (ma[i] - mb[i]) * (ma[i] - mb[i]);
    }
    return distance;
  }

  /** B38: equal sets; sets whose coordinates are independent, exactly. */
  @Test
  void equalSetsAreAtZeroAndDiagonalCovariancesHaveTheirClosedForm() {
    float[] set = Matrices.vectors(3, N, D, 0, 1);
    assertThat(FrechetDistance.between(runtime, moments(set, D), moments(set, D)))
        .isCloseTo(0, within(1e-6));
    FeatureMoments a = FeatureMoments.of(9, new double[] {0, 0}, new double[] {1, 0, 0, 4});
    FeatureMoments b = FeatureMoments.of(7, new double[] {1, -1}, new double[] {4, 0, 0, 1});
    assertThat(FrechetDistance.between(runtime, a, b)).isCloseTo(4, within(1e-12));
    Random random = new Random(4);
    for (int round = 0; round < 20; round++) {
      diagonal(random, 1 + random.nextInt(9));
    }
  }

  private static void diagonal(Random random, int d) {
    double[][] means = new double[2][d];
    double[][] covariances = new double[2][d * d];
    double expected = 0;
    for (int i = 0; i < d; i++) {
      for (int set = 0; set < 2; set++) {
        means[set][i] = random.nextGaussian();
        covariances[set][i * d + i] = random.nextInt(4) == 0 ? 0 : random.nextDouble();
      }
      double roots = Math.sqrt(covariances[0][i * d + i]) - Math.sqrt(covariances[1][i * d + i]);
      expected += Math.pow(means[0][i] - means[1][i], 2) + roots * roots;
    }
    assertThat(
            FrechetDistance.between(
                runtime,
                FeatureMoments.of(10, means[0], covariances[0]),
                FeatureMoments.of(12, means[1], covariances[1])))
        .isCloseTo(expected, within(1e-9));
  }

  /** Fewer vectors than dimensions: the covariance is singular, and the distance finite. */
  @Test
  void singularCovariancesNeedNoCorrection() {
    float[] few = Matrices.vectors(5, 10, D, 0, 1);
    FeatureMoments moments = moments(few, D);
    assertThat(FrechetDistance.between(runtime, moments, moments)).isCloseTo(0, within(1e-5));
    float[] moved = few.clone();
    for (int i = 0; i < moved.length; i++) {
      moved[i] += 2;
    }
    assertThat(FrechetDistance.between(runtime, moments, moments(moved, D)))
        .isCloseTo(4.0 * D, within(1e-4));
  }

  @Test
  void setsThatCannotBeComparedAreRefused() {
    FeatureMoments one = moments(Matrices.vectors(6, 1, 3, 0, 1), 3);
    FeatureMoments three = moments(Matrices.vectors(7, 5, 3, 0, 1), 3);
    FeatureMoments four = moments(Matrices.vectors(8, 5, 4, 0, 1), 4);
    assertThatThrownBy(() -> FrechetDistance.between(runtime, three, one))
        .hasMessage("pictures: 1 (expected: 2 or more for a covariance)");
    assertThatThrownBy(() -> FrechetDistance.between(runtime, three, four))
        .hasMessage("features: 4 values (expected: 3)");
    assertThatThrownBy(() -> three.merge(four)).hasMessage("other: 4 values (expected: 3)");
  }
}
