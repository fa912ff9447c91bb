package dev.tessera.jobs.train;

import dev.tessera.models.diffusion.KarrasGrid;

/**
 * How pictures are drawn: Heun's method on a Karras grid.
 *
 * @param guidance weight of classifier-free guidance; 1 for none
 * @param batch pictures drawn at a time
 */
public record Sampling(
    int steps, double sigmaMin, double sigmaMax, double rho, double guidance, int batch) {

  public Sampling {
    if (batch < 1) {
      throw new IllegalArgumentException("batch: " + batch + " (expected: 1 or more)");
    }
    if (!(guidance >= 0)) {
      throw new IllegalArgumentException("guidance: " + guidance + " (expected: 0 or more)");
    }
    new KarrasGrid(steps, sigmaMin, sigmaMax, rho);
  }

  public static Sampling defaults() {
    return new Sampling(18, 0.002, 80, 7, 1.5, 50);
  }

  KarrasGrid grid() {
    return new KarrasGrid(steps, sigmaMin, sigmaMax, rho);
  }
}
