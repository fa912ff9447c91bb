package dev.tessera.models.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class PixelGaussianTest {

  @Test
  void samplesHaveTheMeanAndTheCovarianceOfTheImages() {
    int dimensions = 6;
    int images = 61;
    int samples = 100_000;
    Random random = new Random(1);
    float[] set = Images.uniform(random, images * dimensions);
    for (int i = 0; i < images; i++) {
      set[i * dimensions + 2] = 3 * set[i * dimensions] + set[i * dimensions + 1] + 5;
    }
    PixelGaussian gaussian = new PixelGaussian(samples, dimensions, 7);
    gaussian.accumulate(set, 0);
    double[][] expected = moments(set, dimensions);
    double[][] drawn = moments(gaussian.result(), dimensions);
    for (int i = 0; i <= dimensions; i++) {
      for (int j = 0; j < dimensions; j++) {
        assertThat(drawn[i][j]).isCloseTo(expected[i][j], within(0.02));
      }
    }
  }

  /** The mean in row 0, the covariance below it. */
  private static double[][] moments(float[] set, int dimensions) {
    int n = set.length / dimensions;
    double[][] moments = new double[dimensions + 1][dimensions];
    for (int i = 0; i < set.length; i++) {
      moments[0][i % dimensions] += (double) set[i] / n;
    }
    for (int k = 0; k < n; k++) {
      for (int i = 0; i < dimensions; i++) {
        for (int j = 0; j < dimensions; j++) {
          moments[i + 1][j] +=
              (set[k * dimensions + i] - moments[0][i])
                  * (set[k * dimensions + j] - moments[0][j])
                  / n;
        }
      }
    }
    return moments;
  }

  @Test
  void oneImageRepeatedHasNoSpread() {
    float[] image = Images.uniform(new Random(2), 12);
    PixelGaussian gaussian = new PixelGaussian(3, 12, 1);
    for (int i = 0; i < 9; i++) {
      gaussian.accumulate(image, i);
    }
    float[] result = gaussian.result();
    for (int i = 0; i < result.length; i++) {
      assertThat(result[i]).isCloseTo(image[i % 12], within(1e-6f));
    }
  }

  @Test
  void partitionsAgree() {
    float[] set = Images.uniform(new Random(3), 21 * 5);
    PixelGaussian whole = new PixelGaussian(4, 5, 9);
    whole.accumulate(set, 0);
    for (int cut = 0; cut <= 21; cut++) {
      PixelGaussian first = new PixelGaussian(4, 5, 9);
      PixelGaussian second = new PixelGaussian(4, 5, 9);
      first.accumulate(Arrays.copyOf(set, cut * 5), 0);
      second.accumulate(Arrays.copyOfRange(set, cut * 5, set.length), cut);
      second.merge(first);
      assertThat(second.result()).containsExactly(whole.result(), within(1e-5f));
    }
  }

  @Test
  void normalsPassForNormal() {
    double[] z = new double[200_001];
    new KeyedNormals(5).fill(3, z);
    double[] moments = new double[5];
    for (double v : z) {
      for (int k = 1; k <= 4; k++) {
        moments[k] += Math.pow(v, k) / z.length;
      }
    }
    assertThat(moments[1]).isCloseTo(0, within(0.01));
    assertThat(moments[2]).isCloseTo(1, within(0.015));
    assertThat(moments[3]).isCloseTo(0, within(0.04));
    assertThat(moments[4]).isCloseTo(3, within(0.1));
  }
}
