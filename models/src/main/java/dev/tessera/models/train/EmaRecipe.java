package dev.tessera.models.train;

import java.io.Serializable;

/**
 * Exponential moving average of a group's parameters, in images seen: the half-life grows with the
 * run until it reaches its full length (Karras et al. 2022, appendix F).
 *
 * @param halfLifeImages images after which a parameter's weight has halved
 * @param rampup largest half-life as a fraction of the images seen so far
 */
public record EmaRecipe(double halfLifeImages, double rampup) implements Serializable {

  public EmaRecipe {
    if (!(halfLifeImages > 0)) {
      throw new IllegalArgumentException(
          "halfLifeImages: " + halfLifeImages + " (expected: above 0)");
    }
    if (!(rampup > 0)) {
      throw new IllegalArgumentException("rampup: " + rampup + " (expected: above 0)");
    }
  }

  public static EmaRecipe defaults() {
    return new EmaRecipe(500_000, 0.05);
  }

  /** The factor that the average keeps when {@code batch} images follow {@code images}. */
  double keep(long images, int batch) {
    double halfLife = Math.min(halfLifeImages, Math.max(rampup * images, 1e-8));
    return Math.pow(0.5, batch / halfLife);
  }
}
