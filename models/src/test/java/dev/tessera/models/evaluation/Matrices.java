package dev.tessera.models.evaluation;

import java.util.Random;

/** Feature vectors and plain loops over them, the independent side of comparisons. */
final class Matrices {

  private Matrices() {}

  /** {@code n} correlated normal vectors of {@code d}, flattened. */
  static float[] vectors(long seed, int n, int d, double shift, double scale) {
    Random random = new Random(seed);
    double[][] mix = new double[d][d];
    for (double[] row : mix) {
      for (int j = 0; j < d; j++) {
        row[j] = random.nextGaussian() / Math.sqrt(d);
      }
    }
    float[] all = new float[n * d];
    double[] z = new double[d];
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < d; j++) {
        z[j] = random.nextGaussian();
      }
      for (int j = 0; j < d; j++) {
        double sum = shift;
        for (int k = 0; k < d; k++) {
          sum += scale * mix[j][k] * z[k];
        }
        all[i * d + j] = (float) sum;
      }
    }
    return all;
  }

  static double[] mean(float[] vectors, int d) {
    double[] mean = new double[d];
    for (int i = 0; i < vectors.length; i++) {
      mean[i % d] += (double) vectors[i] * d / vectors.length;
    }
    return mean;
  }

  /** In two passes, over {@code n - 1}. */
  static double[][] covariance(float[] vectors, int d) {
    double[] mean = mean(vectors, d);
    int n = vectors.length / d;
    double[][] covariance = new double[d][d];
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < d; j++) {
        for (int k = 0; k < d; k++) {
          covariance[j][k] +=
              (vectors[i * d + j] - mean[j]) * (vectors[i * d + k] - mean[k]) / (n - 1);
        }
      }
    }
    return covariance;
  }

  static double[][] product(double[][] a, double[][] b) {
    double[][] product = new double[a.length][b[0].length];
    for (int i = 0; i < a.length; i++) {
      for (int k = 0; k < b.length; k++) {
        for (int j = 0; j < b[0].length; j++) {
          product[i][j] += a[i][k] * b[k][j];
        }
      }
    }
    return product;
  }

  /** By Gauss and Jordan's elimination with pivots. */
  static double[][] inverse(double[][] matrix) {
    int d = matrix.length;
    double[][] work = new double[d][2 * d];
    for (int i = 0; i < d; i++) {
      System.arraycopy(matrix[i], 0, work[i], 0, d);
      work[i][d + i] = 1;
    }
    for (int column = 0; column < d; column++) {
      int pivot = column;
      for (int i = column + 1; i < d; i++) {
        pivot = Math.abs(work[i][column]) > Math.abs(work[pivot][column]) ? i : pivot;
      }
      double[] swapped = work[column];
      work[column] = work[pivot];
      work[pivot] = swapped;
      double scale = work[column][column];
      for (int j = 0; j < 2 * d; j++) {
        work[column][j] /= scale;
      }
      for (int i = 0; i < d; i++) {
        double factor = i == column ? 0 : work[i][column];
        for (int j = 0; j < 2 * d; j++) {
          work[i][j] -= factor * work[column][j];
        }
      }
    }
    double[][] inverse = new double[d][d];
    for (int i = 0; i < d; i++) {
      System.arraycopy(work[i], d, inverse[i], 0, d);
    }
    return inverse;
  }

  /**
   * The principal root of a general matrix by Denman and Beavers's iteration, which shares nothing
   * with eigenvalues.
   */
  static double[][] root(double[][] matrix) {
    int d = matrix.length;
    double[][] y = matrix;
    double[][] z = new double[d][d];
    for (int i = 0; i < d; i++) {
      z[i][i] = 1;
    }
    for (int step = 0; step < 40; step++) {
      double[][] nextY = half(y, inverse(z));
      z = half(z, inverse(y));
      y = nextY;
    }
    return y;
  }

  private static double[][] half(double[][] a, double[][] b) {
    double[][] sum = new double[a.length][a.length];
    for (int i = 0; i < a.length; i++) {
      for (int j = 0; j < a.length; j++) {
        sum[i][j] = (a[i][j] + b[i][j]) / 2;
      }
    }
    return sum;
  }

  static double trace(double[][] matrix) {
    double sum = 0;
    for (int i = 0; i < matrix.length; i++) {
      sum += matrix[i][i];
    }
    return sum;
  }

  static double squaredDistance(float[] a, int i, float[] b, int j, int d) {
    double sum = 0;
    for (int k = 0; k < d; k++) {
      double difference = (double) a[i * d + k] - b[j * d + k];
      sum += difference * difference;
    }
    return sum;
  }

  static double dot(float[] a, int i, float[] b, int j, int d) {
    double sum = 0;
    for (int k = 0; k < d; k++) {
      sum += (double) a[i * d + k] * b[j * d + k];
    }
    return sum;
  }
}
