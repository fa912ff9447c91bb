package dev.tessera.models.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.tessera.models.runtime.Libtorch;
import dev.tessera.models.runtime.TorchRuntime;
import java.util.Arrays;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

final class KernelDistanceTest {

  private static final int D = 16;
  private static final Metric.Kernel ALL = new Metric.Kernel(10, 1000, 0);

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

  private static double kernel(float[] a, int i, float[] b, int j) {
    return Math.pow(Matrices.dot(a, i, b, j, D) / D + 1, 3);
  }

  /** The definition, pair by pair. */
  private static double slow(float[] a, float[] b) {
    int n = a.length / D;
    double sum = 0;
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        if (i != j) {
          sum += (kernel(a, i, a, j) + kernel(b, i, b, j)) / ((double) n * (n - 1));
        }
        sum -= 2 * kernel(a, i, b, j) / ((double) n * n);
      }
    }
    return sum;
  }

  @Test
  void allVectorsGiveTheDefinitionsValue() {
    float[] a = Matrices.vectors(1, 500, D, 0, 1);
    float[] b = Matrices.vectors(2, 500, D, 0.3, 1.2);
    Estimate estimate = KernelDistance.between(runtime, a, b, D, ALL);
    assertThat(estimate.value()).isCloseTo(slow(a, b), within(1e-9));
    assertThat(estimate.deviation()).isZero();
  }

  /** B39: no bias, where the Frechet distance of as many vectors is far from 0. */
  @Test
  void halvesOfOneLawAreAtZeroWithinTheirDeviation() {
    float[] all = Matrices.vectors(3, 4000, D, 0, 1);
    float[] first = Arrays.copyOf(all, all.length / 2);
    float[] second = Arrays.copyOfRange(all, all.length / 2, all.length);
    Estimate same =
        KernelDistance.between(runtime, first, second, D, new Metric.Kernel(60, 200, 1));
    assertThat(Math.abs(same.value())).isLessThan(4 * same.deviation() / Math.sqrt(60));
    for (int i = 0; i < second.length; i++) {
      second[i] += 0.2f;
    }
    Estimate moved =
        KernelDistance.between(runtime, first, second, D, new Metric.Kernel(60, 200, 1));
    assertThat(moved.value()).isGreaterThan(10 * moved.deviation() / Math.sqrt(60));
  }

  @Test
  void theSeedAloneChoosesTheSubsets() {
    float[] a = Matrices.vectors(4, 100, D, 0, 1);
    float[] b = Matrices.vectors(5, 90, D, 0, 1);
    Estimate one = KernelDistance.between(runtime, a, b, D, new Metric.Kernel(5, 30, 7));
    assertThat(KernelDistance.between(runtime, a, b, D, new Metric.Kernel(5, 30, 7)))
        .isEqualTo(one);
    assertThat(KernelDistance.between(runtime, a, b, D, new Metric.Kernel(5, 30, 8)))
        .isNotEqualTo(one);
    assertThat(one.deviation()).isPositive();
  }

  @Test
  void oneVectorIsTooFew() {
    assertThatThrownBy(
            () -> KernelDistance.between(runtime, new float[D], new float[2 * D], D, ALL))
        .hasMessage("pictures: 1 (expected: 2 or more in each set)");
  }
}
