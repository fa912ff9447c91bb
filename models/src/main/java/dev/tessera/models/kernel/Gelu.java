package dev.tessera.models.kernel;

/** GELU in its tanh form (Hendrycks and Gimpel 2016). */
final class Gelu {

  private static final double ROOT = Math.sqrt(2 / Math.PI);
  private static final double CUBIC = 0.044715;

  private Gelu() {}

  static double of(double x) {
    return 0.5 * x * (1 + tanh(x));
  }

  static double derivative(double x) {
    double t = tanh(x);
    return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * ROOT * (1 + 3 * CUBIC * x * x);
  }

  private static double tanh(double x) {
    return Math.tanh(ROOT * (x + CUBIC * x * x * x));
  }
}
