package dev.tessera.models.diffusion;

import java.io.Serializable;

/**
 * Noise levels from {@code sigmaMax} to {@code sigmaMin}, evenly spaced in {@code sigma^(1/rho)},
 * then 0 (Karras et al. 2022, equation 5). Sigmas are in units in which the data's standard
 * deviation is {@link Signal#SIGMA_DATA}.
 *
 * @param steps levels above 0, 2 or more
 * @param sigmaMin least level above 0
 * @param sigmaMax greatest level
 * @param rho how much closer levels stand where noise is low; 1 for even steps
 */
public record KarrasGrid(int steps, double sigmaMin, double sigmaMax, double rho)
    implements Serializable {

  public KarrasGrid {
    if (steps < 2) {
      throw new IllegalArgumentException("steps: " + steps + " (expected: 2 or more)");
    }
    if (!(sigmaMin > 0 && sigmaMin < sigmaMax)) {
      throw new IllegalArgumentException(
          "sigmaMin: " + sigmaMin + " (expected: above 0 and below sigmaMax, " + sigmaMax + ")");
    }
    if (!(rho > 0)) {
      throw new IllegalArgumentException("rho: " + rho + " (expected: above 0)");
    }
  }

  public static KarrasGrid defaults() {
    return new KarrasGrid(18, 0.002, 80, 7);
  }

  /** {@code steps + 1} levels. */
  public double[] sigmas() {
    double[] sigmas = new double[steps + 1];
    double high = Math.pow(sigmaMax, 1 / rho);
    double low = Math.pow(sigmaMin, 1 / rho);
    for (int i = 0; i < steps; i++) {
      sigmas[i] = Math.pow(high + i * (low - high) / (steps - 1), rho);
    }
    return sigmas;
  }
}
