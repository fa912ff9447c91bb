package dev.tessera.models.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class ClassPosteriorsTest {

  private static final int K = 10;

  /** B39: the two ends of the score. */
  @Test
  void uncertainAnswersScoreOneAndCertainBalancedOnesTheClasses() {
    float[] uniform = new float[40 * K];
    Arrays.fill(uniform, 0.25f);
    assertThat(score(uniform, false, 1).value()).isCloseTo(1, within(1e-12));
    float[] certain = new float[40 * K];
    for (int i = 0; i < 40; i++) {
      certain[i * K + i % K] = 1;
    }
    assertThat(score(certain, false, 1).value()).isCloseTo(K, within(1e-12));
  }

  private static Estimate score(float[] outputs, boolean logits, int splits) {
    ClassPosteriors posteriors = new ClassPosteriors(K, splits);
    posteriors.accumulate(outputs, outputs.length / K, logits, 0, 5);
    return posteriors.score();
  }

  /** The definition for 500 vectors: the divergence of each from the mean of all. */
  @Test
  void theScoreOfLogitsIsTheDefinitions() {
    float[] logits = Images.normal(new Random(1), 500 * K, 2, 3);
    double[][] p = new double[500][K];
    double[] marginal = new double[K];
    for (int i = 0; i < 500; i++) {
      double sum = 0;
      for (int c = 0; c < K; c++) {
        sum += Math.exp(logits[i * K + c]);
      }
      for (int c = 0; c < K; c++) {
        p[i][c] = Math.exp(logits[i * K + c]) / sum;
        marginal[c] += p[i][c] / 500;
      }
    }
    double divergence = 0;
    for (double[] row : p) {
      for (int c = 0; c < K; c++) {
        divergence += row[c] * Math.log(row[c] / marginal[c]) / 500;
      }
    }
    assertThat(score(logits, true, 1).value()).isCloseTo(Math.exp(divergence), within(1e-10));
  }

  @Test
  void partsMergedInAnyDivisionGiveTheSameScore() {
    float[] logits = Images.normal(new Random(2), 600 * K, 0, 2);
    Estimate whole = score(logits, true, 7);
    for (int part : new int[] {1, 64, 599}) {
      ClassPosteriors merged = new ClassPosteriors(K, 7);
      for (int from = 0; from < 600; from += part) {
        int n = Math.min(part, 600 - from);
        ClassPosteriors own = new ClassPosteriors(K, 7);
        own.accumulate(Arrays.copyOfRange(logits, from * K, (from + n) * K), n, true, from, 5);
        merged.merge(own);
      }
      assertThat(merged.score().value()).isCloseTo(whole.value(), within(1e-12));
      assertThat(merged.score().deviation()).isCloseTo(whole.deviation(), within(1e-12));
    }
    assertThat(whole.deviation()).isPositive();
  }

  /** Logits say the same when a number is added to all of an image, even if its power overflows. */
  @Test
  void logitsOfAnySizeHaveTheirScore() {
    float[] logits = new float[40 * K];
    for (int i = 0; i < 40; i++) {
      Arrays.fill(logits, i * K, (i + 1) * K, i % 2 == 0 ? 1000 : -1000);
      logits[i * K + i % K] += 3;
    }
    double p = Math.exp(3) / (Math.exp(3) + K - 1);
    double divergence = Math.log(K) + p * Math.log(p) + (1 - p) * Math.log((1 - p) / (K - 1));
    assertThat(score(logits, true, 1).value()).isCloseTo(Math.exp(divergence), within(1e-10));
  }

  @Test
  void logitsAreNotTakenForProbabilities() {
    assertThatThrownBy(() -> score(new float[] {-1, 1, 0, 0, 0, 0, 0, 0, 0, 0}, false, 1))
        .hasMessageStartingWith("probability: -1.0 (expected: 0 or more");
  }
}
