package dev.tessera.models.nn;

/** Fixed position vectors of a grid (He et al. 2022): a quarter each of sin and cos of y and x. */
final class SinCos {

  private SinCos() {}

  /** {@code [rows * columns, width]}, row-major. */
  static float[] grid(int rows, int columns, int width) {
    int quarter = width / 4;
    float[] values = new float[rows * columns * width];
    for (int y = 0; y < rows; y++) {
      for (int x = 0; x < columns; x++) {
        int at = (y * columns + x) * width;
        for (int i = 0; i < quarter; i++) {
          double frequency = StrictMath.pow(10_000, -(double) i / quarter);
          values[at + i] = (float) StrictMath.sin(y * frequency);
          values[at + quarter + i] = (float) StrictMath.cos(y * frequency);
          values[at + 2 * quarter + i] = (float) StrictMath.sin(x * frequency);
          values[at + 3 * quarter + i] = (float) StrictMath.cos(x * frequency);
        }
      }
    }
    return values;
  }
}
