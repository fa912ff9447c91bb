package dev.tessera.models.evaluation;

import java.io.Serializable;
import java.util.Arrays;

/**
 * Samples of the Gaussian that has a set of images' mean and covariance (normalised by n): what a
 * generator must beat to have learnt more than second moments. A sample is {@code mean + sum_i z_i
 * (x_i - mean) / sqrt(n)} with independent standard normal z, whose covariance is exactly the
 * set's; no matrix is formed or factored, and images pass through once.
 */
public final class PixelGaussian implements Serializable {

  private static final long serialVersionUID = 1L;
  private static final int BLOCK = 4;

  private final int samples;
  private final int dimensions;
  private final long seed;
  private final MeanImage mean;
  private final double[] combinations;
  private final double[] weights;

  /**
   * @param samples number of pictures to draw
   * @param dimensions values of an image
   * @param seed with the images' indices, decides the pictures
   */
  public PixelGaussian(int samples, int dimensions, long seed) {
    Checks.positive("samples", samples);
    this.samples = samples;
    this.dimensions = dimensions;
    this.seed = seed;
    this.mean = new MeanImage(dimensions);
    this.combinations = new double[Math.multiplyExact(samples, dimensions)];
    this.weights = new double[samples];
  }

  /**
   * Adds images {@code [n][dimensions]}.
   *
   * @param firstIndex the first one's number; each number of the whole set is used once
   */
  public void accumulate(float[] batch, long firstIndex) {
    int count = Checks.images("batch", batch.length, dimensions);
    KeyedNormals normals = new KeyedNormals(seed);
    double[][] images = new double[BLOCK][dimensions];
    double[][] z = new double[BLOCK][samples];
    for (int first = 0; first < count; first += BLOCK) {
      for (int b = 0; b < BLOCK; b++) {
        load(batch, first + b < count ? first + b : -1, images[b], z[b], normals, firstIndex);
      }
      for (int s = 0; s < samples; s++) {
        addScaled(s * dimensions, images, z[0][s], z[1][s], z[2][s], z[3][s]);
        weights[s] += z[0][s] + z[1][s] + z[2][s] + z[3][s];
      }
    }
    mean.accumulate(batch);
  }

  public void merge(PixelGaussian other) {
    Checks.sameLength("other", other.combinations.length, combinations.length);
    mean.merge(other.mean);
    addTo(combinations, other.combinations);
    addTo(weights, other.weights);
  }

  /** {@code [samples][dimensions]}, not clipped to any range. */
  public float[] result() {
    double[] centre = mean.result();
    double scale = 1 / Math.sqrt((double) mean.images());
    float[] result = new float[combinations.length];
    for (int s = 0; s < samples; s++) {
      int at = s * dimensions;
      for (int d = 0; d < dimensions; d++) {
        double deviation = combinations[at + d] - weights[s] * centre[d];
        result[at + d] = (float) (centre[d] + deviation * scale);
      }
    }
    return result;
  }

  private void load(
      float[] batch,
      int image,
      double[] target,
      double[] z,
      KeyedNormals normals,
      long firstIndex) {
    if (image < 0) {
      Arrays.fill(z, 0);
      return;
    }
    for (int d = 0; d < dimensions; d++) {
      target[d] = batch[image * dimensions + d];
    }
    normals.fill(firstIndex + image, z);
  }

  private void addScaled(int at, double[][] x, double z0, double z1, double z2, double z3) {
    double[] x0 = x[0];
    double[] x1 = x[1];
    double[] x2 = x[2];
    double[] x3 = x[3];
    double[] sums = combinations;
    for (int d = 0; d < x0.length; d++) {
      sums[at + d] += z0 * x0[d] + z1 * x1[d] + z2 * x2[d] + z3 * x3[d];
    }
  }

  private static void addTo(double[] target, double[] terms) {
    for (int i = 0; i < target.length; i++) {
      target[i] += terms[i];
    }
  }
}
