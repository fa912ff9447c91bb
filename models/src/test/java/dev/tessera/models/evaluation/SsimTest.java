package dev.tessera.models.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class SsimTest {

  @Test
  void identicalImagesAreAtOne() {
    Ssim ssim = new Ssim(3, 32, 32, 1);
    float[] images = Images.uniform(new Random(1), 5 * 3 * 32 * 32);
    ssim.accumulate(images, images);
    assertThat(ssim.result()).isEqualTo(1);
  }

  @Test
  void constantImagesHaveTheirClosedForm() {
    Ssim ssim = new Ssim(1, 16, 20, 255);
    float[] a = new float[16 * 20];
    float[] b = new float[16 * 20];
    Arrays.fill(a, 100);
    Arrays.fill(b, 130);
    ssim.accumulate(a, b);
    double c1 = 2.55 * 2.55;
    double expected = (2 * 100 * 130 + c1) / (100 * 100 + 130 * 130 + c1);
    assertThat(ssim.result()).isCloseTo(expected, within(1e-9));
  }

  @Test
  void agreesWithTheDefinitionForAnySize() {
    int[][] sizes = {{1, 1}, {2, 3}, {5, 4}, {10, 10}, {11, 11}, {12, 11}, {17, 40}, {32, 32}};
    for (int[] size : sizes) {
      for (int seed = 0; seed < 4; seed++) {
        Random random = new Random(seed);
        int channels = 1 + seed % 3;
        int values = channels * size[0] * size[1];
        float[] a = Images.uniform(random, 2 * values);
        float[] b = a.clone();
        for (int i = 0; i < b.length; i++) {
          b[i] += 0.1f * seed * (float) random.nextGaussian();
        }
        Ssim ssim = new Ssim(channels, size[0], size[1], 1);
        ssim.accumulate(a, b);
        double expected = 0;
        for (int p = 0; p < 2 * channels; p++) {
          expected += slow(a, b, p * size[0] * size[1], size[0], size[1]) / (2 * channels);
        }
        assertThat(ssim.result()).isCloseTo(expected, within(1e-9));
      }
    }
  }

  /** Window by window in two dimensions, with the covariances of centred values. */
  private static double slow(float[] a, float[] b, int offset, int height, int width) {
    int size = Math.min(11, Math.min(height, width));
    size -= size % 2 == 0 ? 1 : 0;
    double sum = 0;
    int windows = 0;
    for (int y = 0; y + size <= height; y++) {
      for (int x = 0; x + size <= width; x++) {
        sum += window(a, b, offset + y * width + x, width, size);
        windows++;
      }
    }
    return sum / windows;
  }

  private static double window(float[] a, float[] b, int at, int width, int size) {
    double[] m = new double[6];
    for (int pass = 0; pass < 2; pass++) {
      for (int i = 0; i < size * size; i++) {
        int line = i / size;
        double dy = line - (size - 1) / 2.0;
        double dx = i % size - (size - 1) / 2.0;
        double w = Math.exp(-(dx * dx + dy * dy) / 4.5);
        double p = a[at + line * width + i % size];
        double q = b[at + line * width + i % size];
        if (pass == 0) {
          m[0] += w;
          m[1] += w * p;
          m[2] += w * q;
        } else {
          m[3] += w * (p - m[1] / m[0]) * (p - m[1] / m[0]) / m[0];
          m[4] += w * (q - m[2] / m[0]) * (q - m[2] / m[0]) / m[0];
          m[5] += w * (p - m[1] / m[0]) * (q - m[2] / m[0]) / m[0];
        }
      }
    }
    double x = m[1] / m[0];
    double y = m[2] / m[0];
    return (2 * x * y + 1e-4) * (2 * m[5] + 9e-4) / ((x * x + y * y + 1e-4) * (m[3] + m[4] + 9e-4));
  }

  @Test
  void noiseLowersItStepByStepAndItIsSymmetric() {
    Random random = new Random(3);
    float[] image = Images.uniform(random, 3 * 32 * 32);
    float[] noise = Images.normal(random, image.length, 0, 1);
    double last = 1;
    for (float level : new float[] {0.05f, 0.1f, 0.3f, 1}) {
      float[] noisy = image.clone();
      for (int i = 0; i < noisy.length; i++) {
        noisy[i] += level * noise[i];
      }
      double there = of(image, noisy);
      assertThat(there).isLessThan(last).isEqualTo(of(noisy, image));
      last = there;
    }
  }

  private static double of(float[] a, float[] b) {
    Ssim ssim = new Ssim(3, 32, 32, 1);
    ssim.accumulate(a, b);
    return ssim.result();
  }

  @Test
  void anyPartitionGivesTheSameBits() {
    Random random = new Random(4);
    int values = 3 * 8 * 8;
    float[] a = Images.uniform(random, 20 * values);
    float[] b = Images.uniform(random, 20 * values);
    Ssim whole = new Ssim(3, 8, 8, 1);
    whole.accumulate(a, b);
    for (int cut = 0; cut <= 20; cut++) {
      Ssim first = new Ssim(3, 8, 8, 1);
      Ssim second = new Ssim(3, 8, 8, 1);
      first.accumulate(Arrays.copyOf(a, cut * values), Arrays.copyOf(b, cut * values));
      second.accumulate(
          Arrays.copyOfRange(a, cut * values, a.length),
          Arrays.copyOfRange(b, cut * values, b.length));
      second.merge(first);
      assertThat(second.result()).isEqualTo(whole.result());
    }
  }

  @Test
  void aPartOfAnImageIsRefused() {
    assertThatThrownBy(() -> new Ssim(1, 4, 4, 1).accumulate(new float[17], new float[17]))
        .hasMessage("image: 17 values (expected: a multiple of 16)");
  }
}
