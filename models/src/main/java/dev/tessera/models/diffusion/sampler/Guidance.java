package dev.tessera.models.diffusion.sampler;

import java.io.Serializable;

/**
 * {@code D = D_ref + weight (D - D_ref)}: away from a reference, which is the model without its
 * class (Ho and Salimans 2022), or a smaller or earlier model (Karras et al. 2024, autoguidance).
 * At levels outside the interval the model is left to itself (Kynkaanniemi et al. 2024).
 *
 * @param weight 1 for none; then the reference is never called
 * @param sigmaMin least level at which it guides
 * @param sigmaMax greatest level at which it guides
 */
public record Guidance(double weight, double sigmaMin, double sigmaMax) implements Serializable {

  public Guidance {
    if (!(weight >= 0)) {
      throw new IllegalArgumentException("weight: " + weight + " (expected: 0 or more)");
    }
    if (!(sigmaMin >= 0 && sigmaMin < sigmaMax)) {
      throw new IllegalArgumentException(
          "sigmaMin: " + sigmaMin + " (expected: 0 or more and below sigmaMax, " + sigmaMax + ")");
    }
  }

  /** At every level. */
  public static Guidance of(double weight) {
    return new Guidance(weight, 0, Double.POSITIVE_INFINITY);
  }

  /** Whether the reference is needed at all. */
  public boolean guides() {
    return weight != 1;
  }

  /** Whether it is needed at a level. */
  public boolean guides(double sigma) {
    return guides() && sigma >= sigmaMin && sigma <= sigmaMax;
  }
}
