package dev.tessera.models.evaluation;

import java.io.Serializable;
import java.util.Arrays;

/**
 * Structural similarity (Wang, Bovik, Sheikh, Simoncelli, Image Quality Assessment, 2004): Gaussian
 * window of 11 pixels and sigma 1.5, K1 = 0.01, K2 = 0.03, no padding, the mean over the places of
 * the window, then over channels, then over images. Each colour channel counts alike, rather than
 * luma alone, so that a wrong colour costs as much as a wrong shape. Images narrower than 11 pixels
 * get the widest odd window that fits, of the same sigma, renormalised.
 */
public final class Ssim implements Serializable {

  private static final long serialVersionUID = 1L;
  private static final int WINDOW = 11;
  private static final double SIGMA = 1.5;

  private final int channels;
  private final int height;
  private final int width;
  private final double c1;
  private final double c2;
  private final double[] taps;
  private final ExactSum sum = new ExactSum();
  private long images;
  private transient Maps maps;

  /**
   * @param range greatest value less the least: 2 for pixels in [-1, 1], 255 for bytes
   */
  public Ssim(int channels, int height, int width, double range) {
    Checks.positive("channels", channels);
    Checks.positive("height", height);
    Checks.positive("width", width);
    Checks.positive("range", range);
    this.channels = channels;
    this.height = height;
    this.width = width;
    this.c1 = Math.pow(0.01 * range, 2);
    this.c2 = Math.pow(0.03 * range, 2);
    this.taps = gaussian(Math.min(WINDOW, (Math.min(height, width) - 1) | 1));
  }

  /** Adds images: {@code [n][channels][height][width]}, any n. */
  public void accumulate(float[] reference, float[] image) {
    Checks.sameLength("image", image.length, reference.length);
    int count = Checks.images("image", image.length, channels * height * width);
    for (int i = 0; i < count; i++) {
      double similarity = 0;
      for (int c = 0; c < channels; c++) {
        similarity += plane(reference, image, (i * channels + c) * height * width);
      }
      sum.add(similarity / channels);
    }
    images += count;
  }

  public void merge(Ssim other) {
    sum.add(other.sum);
    images += other.images;
  }

  /** At most 1, which is for identical images; NaN before the first. */
  public double result() {
    return sum.value() / images;
  }

  private double plane(float[] x, float[] y, int offset) {
    if (maps == null) {
      maps = new Maps(height * width);
    }
    maps.load(x, y, offset);
    double[] mx = blur(maps.x);
    double[] my = blur(maps.y);
    double[] squares = blur(maps.squares);
    double[] product = blur(maps.product);
    int columns = width - taps.length + 1;
    double total = 0;
    for (int row = 0; row <= height - taps.length; row++) {
      for (int i = row * width; i < row * width + columns; i++) {
        double cross = mx[i] * my[i];
        double means = mx[i] * mx[i] + my[i] * my[i];
        total +=
            ((2 * cross + c1) * (2 * (product[i] - cross) + c2))
                / ((means + c1) * (squares[i] - means + c2));
      }
    }
    return total / ((double) columns * (height - taps.length + 1));
  }

  /** Both passes of the separable window; the result stands where the window begins, in place. */
  private double[] blur(double[] map) {
    int length = (height - taps.length + 1) * width;
    blur(maps.rows, map, width, length);
    blur(map, maps.rows, 1, length - taps.length + 1);
    return map;
  }

  /** The window along one axis: {@code target[i] = sum_t taps[t] source[i + t step]}. */
  private void blur(double[] target, double[] source, int step, int length) {
    if (taps.length == WINDOW) {
      blurEleven(target, source, step, length, taps);
      return;
    }
    Arrays.fill(target, 0, length, 0);
    for (int t = 0; t < taps.length; t++) {
      for (int i = 0; i < length; i++) {
        target[i] += taps[t] * source[i + t * step];
      }
    }
  }

  /** One pass over the target instead of eleven; the window is symmetric. */
  private static void blurEleven(double[] target, double[] s, int step, int length, double[] taps) {
    double t0 = taps[0];
    double t1 = taps[1];
    double t2 = taps[2];
    double t3 = taps[3];
    double t4 = taps[4];
    double t5 = taps[5];
    for (int i = 0; i < length; i++) {
      target[i] =
          t0 * (s[i] + s[i + 10 * step])
              + t1 * (s[i + step] + s[i + 9 * step])
              + t2 * (s[i + 2 * step] + s[i + 8 * step])
              + t3 * (s[i + 3 * step] + s[i + 7 * step])
              + t4 * (s[i + 4 * step] + s[i + 6 * step])
              + t5 * s[i + 5 * step];
    }
  }

  private static double[] gaussian(int size) {
    double[] taps = new double[size];
    for (int i = 0; i < size; i++) {
      double distance = i - (size - 1) / 2.0;
      taps[i] = StrictMath.exp(-distance * distance / (2 * SIGMA * SIGMA));
    }
    double sum = Arrays.stream(taps).sum();
    return Arrays.stream(taps).map(tap -> tap / sum).toArray();
  }

  /** Work space: SSIM needs the two variances only as a sum, so four maps and not five. */
  private static final class Maps {
    private final double[] x;
    private final double[] y;
    private final double[] squares;
    private final double[] product;
    private final double[] rows;

    private Maps(int pixels) {
      x = new double[pixels];
      y = new double[pixels];
      squares = new double[pixels];
      product = new double[pixels];
      rows = new double[pixels];
    }

    private void load(float[] a, float[] b, int offset) {
      for (int i = 0; i < x.length; i++) {
        double p = a[offset + i];
        double q = b[offset + i];
        x[i] = p;
        y[i] = q;
        squares[i] = p * p + q * q;
        product[i] = p * q;
      }
    }
  }
}
