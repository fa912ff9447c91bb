package dev.tessera.datasets.image;

import java.awt.color.CMMException;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The conversions of the profiles seen lately. Pictures of one origin share a profile, and making a
 * conversion takes longer than a small picture. Belongs to one thread.
 */
final class ColourProfiles {

  private static final int KEPT = 16;

  private final Map<ByteBuffer, Optional<ColourConversion>> seen =
      new LinkedHashMap<>(KEPT, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<ByteBuffer, Optional<ColourConversion>> e) {
          return size() > KEPT;
        }
      };

  /** Makes the colours sRGB, in place, as far as the profile can be used. */
  void apply(byte[] profile, StraightImage image, Set<String> warnings) {
    Optional<ColourConversion> found =
        seen.computeIfAbsent(ByteBuffer.wrap(profile), key -> read(profile));
    if (found.isEmpty()) {
      warnings.add("ICC profile that cannot be used, not applied");
    } else if (!found.get().fits(image)) {
      warnings.add("ICC profile of other channels than the picture's, not applied");
    } else if (found.get().changes()) {
      found.get().apply(image);
    }
  }

  private static Optional<ColourConversion> read(byte[] profile) {
    try {
      return Optional.of(ColourConversion.of(profile));
    } catch (IllegalArgumentException | CMMException | IndexOutOfBoundsException e) {
      return Optional.empty();
    }
  }
}
