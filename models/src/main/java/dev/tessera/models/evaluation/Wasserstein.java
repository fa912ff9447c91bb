package dev.tessera.models.evaluation;

/** The Wasserstein-1 distance of two samples on a line. */
final class Wasserstein {

  private Wasserstein() {}

  /**
   * The area between the two quantile functions. With unequal counts each function keeps its own
   * steps, at i/n and j/m, so the value is exact and not an approximation on a common grid.
   */
  static double sorted(double[] a, double[] b) {
    long n = a.length;
    long m = b.length;
    int i = 0;
    int j = 0;
    double area = 0;
    // Positions in units of 1/(n m), in which every step of both functions is a whole number.
    long from = 0;
    while (i < n && j < m) {
      long to = Math.min((i + 1) * m, (j + 1) * n);
      area += Math.abs(a[i] - b[j]) * (to - from);
      i += to == (i + 1) * m ? 1 : 0;
      j += to == (j + 1) * n ? 1 : 0;
      from = to;
    }
    return area / ((double) n * m);
  }
}
