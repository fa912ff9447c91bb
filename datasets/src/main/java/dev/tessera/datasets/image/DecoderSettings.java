package dev.tessera.datasets.image;

/**
 * What an {@link ImageDecoder} accepts and how it makes sRGB of it.
 *
 * @param maxPixels refuses pictures with more, 1 or more
 * @param background 0xRRGGBB, seen through transparent pixels
 * @param strict whether a picture that can only be read with a warning is refused
 * @param profiles whether colours are converted to sRGB by the ICC profile of a file that has one
 */
public record DecoderSettings(long maxPixels, int background, boolean strict, boolean profiles) {

  /** 64 megapixels, more than common cameras give: 192 MB as RGB, up to 704 MB while decoded. */
  public static final long DEFAULT_MAX_PIXELS = 64L << 20;

  public DecoderSettings {
    if (maxPixels < 1) {
      throw new IllegalArgumentException("maxPixels: " + maxPixels + " (expected: 1 or more)");
    }
  }

  /** White background, {@link #DEFAULT_MAX_PIXELS}, lenient, profiles applied. */
  public static DecoderSettings defaults() {
    return new DecoderSettings(DEFAULT_MAX_PIXELS, 0xffffff, false, true);
  }
}
