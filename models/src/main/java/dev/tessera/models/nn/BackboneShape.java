package dev.tessera.models.nn;

import java.io.Serializable;

/**
 * What a network is for: the sizes that a recipe does not choose.
 *
 * @param channels colours or features of what it is given
 * @param height rows
 * @param width columns
 * @param outputs channels of what it says; twice as many as it is given where it also says a
 *     variance
 * @param classes number of classes, 0 for none
 * @param augment numbers that say how a picture was augmented (Karras et al. 2022, appendix F.2), 0
 *     for a network that is not told
 */
public record BackboneShape(
    int channels, int height, int width, int outputs, int classes, int augment)
    implements Serializable {

  public BackboneShape {
    positive("channels", channels);
    positive("height", height);
    positive("width", width);
    positive("outputs", outputs);
    if (classes < 0) {
      throw new IllegalArgumentException("classes: " + classes + " (expected: 0 or more)");
    }
    if (augment < 0) {
      throw new IllegalArgumentException("augment: " + augment + " (expected: 0 or more)");
    }
  }

  /** A network that says as many channels as it is given, and knows of no augmentation. */
  public static BackboneShape of(int channels, int height, int width, int classes) {
    return new BackboneShape(channels, height, width, channels, classes, 0);
  }

  public BackboneShape withOutputs(int said) {
    return new BackboneShape(channels, height, width, said, classes, augment);
  }

  public BackboneShape withAugment(int numbers) {
    return new BackboneShape(channels, height, width, outputs, classes, numbers);
  }

  private static void positive(String name, int value) {
    if (value < 1) {
      throw new IllegalArgumentException(name + ": " + value + " (expected: 1 or more)");
    }
  }
}
