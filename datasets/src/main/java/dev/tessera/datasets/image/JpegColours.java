package dev.tessera.datasets.image;

/**
 * What the components of a JPEG file are. libjpeg's rules for one and three components: JFIF means
 * YCbCr whatever else a file says, then Adobe's marker decides, then the components' names.
 */
enum JpegColours {
  GREY,
  YCBCR,
  RGB,
  /** Inks, stored inverted as Adobe's programs do, with or without their marker. */
  CMYK,
  /** As {@link #CMYK}, the first three rotated to YCbCr. */
  YCCK,
  /** JFIF with a fourth component, which is opacity: older Java programs write it. */
  YCBCR_ALPHA;

  static final int NO_ADOBE_MARKER = -1;

  /**
   * @param names of the components, as in the frame
   * @param adobeTransform 0 none, 1 YCbCr, 2 YCCK; -1 without an Adobe marker
   */
  static JpegColours of(int[] names, boolean jfif, int adobeTransform)
      throws UnreadableImageException {
    return switch (names.length) {
      case 1 -> GREY;
      case 3 -> ofThree(names, jfif, adobeTransform);
      case 4 -> ofFour(jfif, adobeTransform);
      default ->
          throw new UnreadableImageException(
              "JPEG of " + names.length + " components (expected: 1, 3 or 4)");
    };
  }

  private static JpegColours ofThree(int[] names, boolean jfif, int adobeTransform) {
    if (jfif) {
      return YCBCR;
    }
    if (adobeTransform != NO_ADOBE_MARKER) {
      return adobeTransform == 0 ? RGB : YCBCR;
    }
    return names[0] == 'R' && names[1] == 'G' && names[2] == 'B' ? RGB : YCBCR;
  }

  private static JpegColours ofFour(boolean jfif, int adobeTransform) {
    if (adobeTransform == NO_ADOBE_MARKER) {
      return jfif ? YCBCR_ALPHA : CMYK;
    }
    return adobeTransform == 0 ? CMYK : YCCK;
  }
}
