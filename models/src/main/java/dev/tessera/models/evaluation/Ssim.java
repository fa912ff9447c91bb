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
    double[] rows = maps.rows;
    int length = (height - taps.length + 1) * width;
    Arrays.fill(rows, 0, length, 0);
    for (int t = 0; t < taps.length; t++) {
      addScaled(rows, map, t * width, taps[t], length);
    }
    int columns = length - taps.length + 1;
    Arrays.fill(map, 0, length, 0);
    for (int t = 0; t < taps.length; t++) {
      addScaled(map, rows, t, taps[t], columns);
    }
    return map;
  }

  private static void addScaled(
      double[] target, double[] source, int shift, double scale, int length) {
    for (int i = 0; i < length; i++) {
      target[i] += scale * source[i + shift];
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
