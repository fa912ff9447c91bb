package dev.tessera.models.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tessera.models.runtime.Libtorch;
import dev.tessera.models.runtime.TorchRuntime;
import java.util.Arrays;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

final class ManifoldsTest {

  private static final int D = 6;

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

  private static double[] radii(float[] set, int k) {
    int n = set.length / D;
    double[] radii = new double[n];
    for (int i = 0; i < n; i++) {
      double[] others = new double[n - 1];
      for (int j = 0, at = 0; j < n; j++) {
        if (j != i) {
          others[at++] = Matrices.squaredDistance(set, i, set, j, D);
        }
      }
      Arrays.sort(others);
      radii[i] = others[k - 1];
    }
    return radii;
  }

  private static double inside(float[] queries, float[] set, double[] radii) {
    int found = 0;
    for (int i = 0; i < queries.length / D; i++) {
      boolean within = false;
      for (int j = 0; j < radii.length; j++) {
        within |= Matrices.squaredDistance(queries, i, set, j, D) <= radii[j];
      }
      found += within ? 1 : 0;
    }
    return found / (queries.length / (double) D);
  }

  /** 500 and 700 vectors: one tile, and more than one with a rest. */
  @Test
  void bothSharesAreTheDefinitions() {
    for (int k = 1; k <= 5; k += 2) {
      float[] real = Matrices.vectors(k, 500, D, 0, 1);
      float[] generated = Matrices.vectors(10 + k, 700, D, 0.4, 0.8);
      Manifolds.Shares shares = Manifolds.between(runtime, real, generated, D, k);
      double precision = inside(generated, real, radii(real, k));
      double recall = inside(real, generated, radii(generated, k));
      assertThat(shares).isEqualTo(new Manifolds.Shares(precision, recall));
      assertThat(precision).isBetween(0.05, 0.999);
      assertThat(recall).isBetween(0.05, 0.999);
    }
  }

  /** B39; far from the origin, and with repeated vectors, whose balls have no extent. */
  @Test
  void equalSetsCoverEachOther() {
    float[] set = Matrices.vectors(20, 200, D, 1000, 1);
    System.arraycopy(set, 0, set, 100 * D, 100 * D);
    for (int k : new int[] {1, 3}) {
      assertThat(Manifolds.between(runtime, set, set.clone(), D, k))
          .isEqualTo(new Manifolds.Shares(1, 1));
    }
  }

  @Test
  void onePointOfManyHasPrecisionAndNoRecall() {
    float[] real = Matrices.vectors(21, 300, D, 0, 1);
    float[] collapsed = new float[300 * D];
    for (int i = 0; i < 300; i++) {
      System.arraycopy(real, 0, collapsed, i * D, D);
    }
    Manifolds.Shares shares = Manifolds.between(runtime, real, collapsed, D, 3);
    assertThat(shares.precision()).isEqualTo(1);
    assertThat(shares.recall()).isEqualTo(1 / 300.0);
  }

  @Test
  void noMoreVectorsThanNeighboursAreTooFew() {
    assertThatThrownBy(() -> Manifolds.between(runtime, new float[3 * D], new float[9 * D], D, 3))
        .hasMessage("pictures: 3 (expected: more than the 3 neighbours in each set)");
  }
}
