package dev.tessera.datasets.image;

import java.util.Set;

/**
 * A picture, and what was wrong with its file though it could be read.
 *
 * @param warnings kinds of damage, without positions or counts, so that equal kinds are equal
 */
public record DecodedImage(RgbImage image, Set<String> warnings) {

  public DecodedImage {
    warnings = Set.copyOf(warnings);
  }
}
