package dev.tessera.jobs.verify;

import dev.tessera.models.diffusion.sampler.UniPc;

/**
 * UniPC on N(0, variance), where denoised predictions are multiples of x. Written from Zhao et al.
 * 2023, section 3 and appendix F: with {@code h} the step in {@code ln(alpha / sigma)} and {@code
 * r_k} the earlier points in units of it, the differences {@code (D_k - D_0) / r_k} are weighted so
 * that {@code sum r_k^(j-1) a_k = j! h phi_(j+1)(h) / B(h)}; orders 1 to 3 solved by hand.
 *
 * @param variance of the data
 * @param sigmas falling levels
 */
record UniPcRecursion(double variance, double... sigmas) {

  private double denoised(double x, double sigma) {
    return variance / (variance + sigma * sigma) * x;
  }

  /** Where a start of {@code sigmas[0]} leads. */
  double end(UniPc sampler) {
    int steps = sigmas.length - 1;
    double[] clean = new double[steps + 1];
    double x = sigmas[0];
    clean[0] = denoised(x, sigmas[0]);
    for (int i = 0; i < steps; i++) {
      if (sigmas[i + 1] == 0) {
        return clean[i];
      }
      int order = Math.min(sampler.order(), Math.min(i + 1, steps - i));
      double h = Math.log(sigmas[i] / sigmas[i + 1]);
      double euler = sigmas[i + 1] / sigmas[i] * x + (1 - Math.exp(-h)) * clean[i];
      double b = sampler.simple() ? h : 1 - Math.exp(-h);
      double[] r = new double[order];
      double[] slope = new double[order];
      for (int k = 1; k < order; k++) {
        r[k - 1] = -Math.log(sigmas[i - k] / sigmas[i]) / h;
        slope[k - 1] = (clean[i - k] - clean[i]) / r[k - 1];
      }
      double predicted = euler + b * weighted(slope, predictor(order, r, h, b));
      clean[i + 1] = denoised(predicted, sigmas[i + 1]);
      r[order - 1] = 1;
      slope[order - 1] = clean[i + 1] - clean[i];
      x = i == steps - 1 ? predicted : euler + b * weighted(slope, corrector(order, r, h, b));
    }
    return x;
  }

  private static double weighted(double[] slope, double... weights) {
    double sum = 0;
    for (int k = 0; k < weights.length; k++) {
      sum += weights[k] * slope[k];
    }
    return sum;
  }

  /** Of {@code e^-h}: j! times the integral's coefficient, {@code j} from 1, over B. */
  private static double right(int j, double h, double b) {
    double gone = 1 - Math.exp(-h);
    double first = h - gone;
    double second = h * h / 2 - first;
    double third = h * h * h / 6 - second;
    return switch (j) {
      case 1 -> first / h / b;
      case 2 -> 2 * second / (h * h) / b;
      default -> 6 * third / (h * h * h) / b;
    };
  }

  private static double[] predictor(int order, double[] r, double h, double b) {
    return switch (order) {
      case 1 -> new double[0];
      case 2 -> new double[] {0.5};
      default -> two(r[0], r[1], right(1, h, b), right(2, h, b));
    };
  }

  private static double[] corrector(int order, double[] r, double h, double b) {
    return switch (order) {
      case 1 -> new double[] {0.5};
      case 2 -> two(r[0], 1, right(1, h, b), right(2, h, b));
      default -> three(r, right(1, h, b), right(2, h, b), right(3, h, b));
    };
  }

  /** {@code a + c = one, p a + q c = other}. */
  private static double[] two(double p, double q, double one, double other) {
    double a = (other - q * one) / (p - q);
    return new double[] {a, one - a};
  }

  /** By Cramer's rule for the matrix of powers: Lagrange's polynomials. */
  private static double[] three(double[] r, double one, double two, double three) {
    double[] found = new double[3];
    for (int k = 0; k < 3; k++) {
      double p = r[(k + 1) % 3];
      double q = r[(k + 2) % 3];
      found[k] = (three - (p + q) * two + p * q * one) / ((r[k] - p) * (r[k] - q));
    }
    return found;
  }
}
