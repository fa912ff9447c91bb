package dev.tessera.datasets.image;

/**
 * What a file says of its picture before anything is decoded.
 *
 * @param width in pixels
 * @param height in pixels
 * @param pixelBytes of one pixel as the format's reader makes it
 * @param orientation Exif's 1 to 8; 1 is upright
 * @param profile ICC profile, or null
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared or hashed.
record PictureHeader(int width, int height, int pixelBytes, int orientation, byte[] profile) {

  static PictureHeader plain(int width, int height, int pixelBytes) {
    return new PictureHeader(width, height, pixelBytes, Orientation.UPRIGHT, null);
  }

  /** What decoding allocates: the reader's raster, the result, a profile's copy, a turned copy. */
  long need() {
    int copies = 1 + (profile == null ? 0 : 1) + (orientation == Orientation.UPRIGHT ? 0 : 1);
    return (long) width * height * bytesEach(copies);
  }

  private int bytesEach(int copies) {
    return pixelBytes + copies * RgbImage.CHANNELS;
  }

  /** For messages. */
  String size() {
    int copies = 1 + (profile == null ? 0 : 1) + (orientation == Orientation.UPRIGHT ? 0 : 1);
    return width + "x" + height + " of " + bytesEach(copies) + " bytes a pixel";
  }
}
