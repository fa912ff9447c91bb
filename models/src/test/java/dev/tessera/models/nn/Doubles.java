package dev.tessera.models.nn;

/**
 * Layers in float64 and plain loops, independent of programs and libtorch: pictures are {@code
 * [N][C][H][W]}, matrices {@code [N][features]}.
 */
public final class Doubles {

  private Doubles() {}

  public static double silu(double x) {
    return x / (1 + Math.exp(-x));
  }

  public static double[][][][] silu(double[][][][] x) {
    double[][][][] y = like(x, x[0].length);
    each(x, (n, c, i, j) -> y[n][c][i][j] = silu(x[n][c][i][j]));
    return y;
  }

  public static double[][] silu(double[][] x) {
    double[][] y = new double[x.length][x[0].length];
    for (int n = 0; n < x.length; n++) {
      for (int i = 0; i < x[n].length; i++) {
        y[n][i] = silu(x[n][i]);
      }
    }
    return y;
  }

  public static double[][] linear(double[][] x, double[] weight, double[] bias) {
    double[][] y = new double[x.length][bias.length];
    for (int n = 0; n < x.length; n++) {
      for (int o = 0; o < bias.length; o++) {
        y[n][o] = bias[o];
        for (int i = 0; i < x[n].length; i++) {
          y[n][o] += weight[o * x[n].length + i] * x[n][i];
        }
      }
    }
    return y;
  }

  /** Zeros around: {@code before} above and on the left, as many as needed on the other sides. */
  public static double[][][][] conv(
      double[][][][] x, double[] weight, double[] bias, int kernel, int stride, int before) {
    int in = x[0].length;
    int h = x[0][0].length;
    int w = x[0][0][0].length;
    double[][][][] y = new double[x.length][bias.length][h / stride][w / stride];
    each(
        y,
        (n, o, i, j) -> {
          double sum = bias[o];
          for (int c = 0; c < in; c++) {
            for (int a = 0; a < kernel; a++) {
              for (int b = 0; b < kernel; b++) {
                int row = i * stride + a - before;
                int column = j * stride + b - before;
                if (row >= 0 && row < h && column >= 0 && column < w) {
                  sum += x[n][c][row][column] * weight[((o * in + c) * kernel + a) * kernel + b];
                }
              }
            }
          }
          y[n][o][i][j] = sum;
        });
    return y;
  }

  public static double[][][][] groupNorm(
      double[][][][] x, int groups, double[] weight, double[] bias, double eps) {
    double[][][][] y = like(x, x[0].length);
    int size = x[0].length / groups;
    for (int n = 0; n < x.length; n++) {
      for (int g = 0; g < groups; g++) {
        double sum = 0;
        double squares = 0;
        long count = 0;
        for (int c = g * size; c < (g + 1) * size; c++) {
          for (double[] row : x[n][c]) {
            for (double v : row) {
              sum += v;
              squares += v * v;
              count++;
            }
          }
        }
        double mean = sum / count;
        double scale = 1 / Math.sqrt(squares / count - mean * mean + eps);
        for (int c = g * size; c < (g + 1) * size; c++) {
          for (int i = 0; i < x[n][c].length; i++) {
            for (int j = 0; j < x[n][c][i].length; j++) {
              y[n][c][i][j] = (x[n][c][i][j] - mean) * scale * weight[c] + bias[c];
            }
          }
        }
      }
    }
    return y;
  }

  /** Of one head: {@code qkv [N, 3 C, H, W]} holds queries, then keys, then values. */
  public static double[][][][] attention(double[][][][] qkv) {
    return attention(qkv, 1);
  }

  /** Of {@code heads} heads, each of as many features in a row. */
  public static double[][][][] attention(double[][][][] qkv, int heads) {
    int features = qkv[0].length / 3;
    int perHead = features / heads;
    int w = qkv[0][0][0].length;
    int pixels = qkv[0][0].length * w;
    double[][][][] y = like(qkv, features);
    for (int n = 0; n < qkv.length; n++) {
      for (int from = 0; from < features; from += perHead) {
        for (int p = 0; p < pixels; p++) {
          double[] share = new double[pixels];
          double total = 0;
          for (int q = 0; q < pixels; q++) {
            double score = 0;
            for (int c = from; c < from + perHead; c++) {
              score += qkv[n][c][p / w][p % w] * qkv[n][features + c][q / w][q % w];
            }
            share[q] = Math.exp(score / Math.sqrt(perHead));
            total += share[q];
          }
          for (int c = from; c < from + perHead; c++) {
            for (int q = 0; q < pixels; q++) {
              y[n][c][p / w][p % w] += share[q] / total * qkv[n][2 * features + c][q / w][q % w];
            }
          }
        }
      }
    }
    return y;
  }

  private static final double[] BINOMIAL = {1 / 8.0, 3 / 8.0, 3 / 8.0, 1 / 8.0};

  /** Convolution with the filter [1, 3, 3, 1] on both axes at every second pixel. */
  public static double[][][][] filteredHalf(double[][][][] x, int before) {
    int h = x[0][0].length;
    int size = (h + 2 * before - 4) / 2 + 1;
    double[][][][] y = new double[x.length][x[0].length][size][size];
    each(
        y,
        (n, c, i, j) -> {
          for (int a = 0; a < 4; a++) {
            for (int b = 0; b < 4; b++) {
              int row = 2 * i + a - before;
              int column = 2 * j + b - before;
              if (row >= 0 && row < h && column >= 0 && column < h) {
                y[n][c][i][j] += BINOMIAL[a] * BINOMIAL[b] * x[n][c][row][column];
              }
            }
          }
        });
    return y;
  }

  /** The transpose of {@link #filteredHalf}, times 4: each pixel is spread by the filter. */
  public static double[][][][] filteredDouble(double[][][][] x) {
    int size = 2 * x[0][0].length;
    double[][][][] y = new double[x.length][x[0].length][size][size];
    each(
        x,
        (n, c, i, j) -> {
          for (int a = 0; a < 4; a++) {
            for (int b = 0; b < 4; b++) {
              int row = 2 * i + a - 1;
              int column = 2 * j + b - 1;
              if (row >= 0 && row < size && column >= 0 && column < size) {
                y[n][c][row][column] += 4 * BINOMIAL[a] * BINOMIAL[b] * x[n][c][i][j];
              }
            }
          }
        });
    return y;
  }

  /** Zeros around. */
  public static double[][][][] padded(double[][][][] x) {
    double[][][][] y = new double[x.length][x[0].length][x[0][0].length + 2][x[0][0][0].length + 2];
    each(x, (n, c, i, j) -> y[n][c][i + 1][j + 1] = x[n][c][i][j]);
    return y;
  }

  public static double[][][][] halved(double[][][][] x) {
    double[][][][] y = new double[x.length][x[0].length][x[0][0].length / 2][x[0][0][0].length / 2];
    each(
        y,
        (n, c, i, j) ->
            y[n][c][i][j] =
                (x[n][c][2 * i][2 * j]
                        + x[n][c][2 * i + 1][2 * j]
                        + x[n][c][2 * i][2 * j + 1]
                        + x[n][c][2 * i + 1][2 * j + 1])
                    / 4);
    return y;
  }

  public static double[][][][] doubled(double[][][][] x) {
    double[][][][] y = new double[x.length][x[0].length][x[0][0].length * 2][x[0][0][0].length * 2];
    each(y, (n, c, i, j) -> y[n][c][i][j] = x[n][c][i / 2][j / 2]);
    return y;
  }

  /** {@code (x + y) scale}. */
  public static double[][][][] sum(double[][][][] x, double[][][][] y, double scale) {
    double[][][][] z = like(x, x[0].length);
    each(z, (n, c, i, j) -> z[n][c][i][j] = (x[n][c][i][j] + y[n][c][i][j]) * scale);
    return z;
  }

  /** {@code x [N, C, H, W]} plus {@code shift [N, C]}. */
  public static double[][][][] shifted(double[][][][] x, double[][] shift) {
    double[][][][] z = like(x, x[0].length);
    each(z, (n, c, i, j) -> z[n][c][i][j] = x[n][c][i][j] + shift[n][c]);
    return z;
  }

  public static double[][][][] joined(double[][][][] x, double[][][][] y) {
    double[][][][] z = like(x, x[0].length + y[0].length);
    each(
        z,
        (n, c, i, j) ->
            z[n][c][i][j] = c < x[0].length ? x[n][c][i][j] : y[n][c - x[0].length][i][j]);
    return z;
  }

  /** Row-major elements as pictures. */
  public static double[][][][] pictures(double[] flat, int count, int channels, int side) {
    double[][][][] x = new double[count][channels][side][side];
    each(x, (n, c, i, j) -> x[n][c][i][j] = flat[((n * channels + c) * side + i) * side + j]);
    return x;
  }

  public static double[] flat(double[][][][] x) {
    int channels = x[0].length;
    int h = x[0][0].length;
    int w = x[0][0][0].length;
    double[] flat = new double[x.length * channels * h * w];
    each(x, (n, c, i, j) -> flat[((n * channels + c) * h + i) * w + j] = x[n][c][i][j]);
    return flat;
  }

  private static double[][][][] like(double[][][][] x, int channels) {
    return new double[x.length][channels][x[0][0].length][x[0][0][0].length];
  }

  private interface Place {
    void at(int n, int c, int i, int j);
  }

  private static void each(double[][][][] x, Place place) {
    for (int n = 0; n < x.length; n++) {
      for (int c = 0; c < x[n].length; c++) {
        for (int i = 0; i < x[n][c].length; i++) {
          for (int j = 0; j < x[n][c][i].length; j++) {
            place.at(n, c, i, j);
          }
        }
      }
    }
  }
}
