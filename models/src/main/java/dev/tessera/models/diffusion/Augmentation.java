package dev.tessera.models.diffusion;

import java.io.Serializable;

/**
 * Random changes of training pictures that the network is told of, so that none of them leaks into
 * samples (Karras et al. 2022, appendix F.2): each is made with {@code probability}, as EDM's
 * augmentation pipe does. Mirrored pictures are the recipe's {@code flip}.
 *
 * @param probability of each change; 0 for none at all
 * @param upsideDown whether pictures are turned upside down, half of the times
 * @param scale standard deviation of the logarithm to base 2 of an isotropic scale
 * @param rotation largest angle in half turns
 * @param stretch standard deviation of the logarithm to base 2 of a stretch along a random
 *     direction
 * @param translation standard deviation of a shift, as a share of the picture's side
 */
public record Augmentation(
    double probability,
    boolean upsideDown,
    double scale,
    double rotation,
    double stretch,
    double translation)
    implements Serializable {

  /** Numbers that tell the network what was done; all 0 where nothing was. */
  public static final int LABELS = 9;

  public Augmentation {
    if (!(probability >= 0 && probability <= 1)) {
      throw new IllegalArgumentException(
          "probability: " + probability + " (expected: between 0 and 1)");
    }
    notNegative("scale", scale);
    notNegative("rotation", rotation);
    notNegative("stretch", stretch);
    notNegative("translation", translation);
  }

  private static void notNegative(String name, double value) {
    if (!(value >= 0)) {
      throw new IllegalArgumentException(name + ": " + value + " (expected: 0 or more)");
    }
  }

  /** EDM's sizes, never made. */
  public static Augmentation none() {
    return ofProbability(0);
  }

  public static Augmentation defaults() {
    return none();
  }

  /** EDM's sizes; 0.12 for CIFAR-10, 0.15 for faces of 64 pixels. */
  public static Augmentation ofProbability(double probability) {
    return new Augmentation(probability, true, 0.2, 1, 0.2, 0.125);
  }

  /** Whether anything is ever done. */
  public boolean happens() {
    return probability > 0;
  }
}
