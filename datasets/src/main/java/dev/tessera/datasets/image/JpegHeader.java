package dev.tessera.datasets.image;

/**
 * What a JPEG file says of itself before anything is decoded (ITU-T T.81, annex B): the frame's
 * size and number of components, the colour transform of Adobe's APP14 marker, the orientation of
 * Exif's APP1, and that the file ends with EOI.
 *
 * @param components 1 grey, 3 colour, 4 CMYK or YCCK
 * @param adobeTransform 0 none, 1 YCbCr, 2 YCCK; -1 without an Adobe marker
 * @param orientation Exif's 1 to 8; 1 is upright
 */
record JpegHeader(int width, int height, int components, int adobeTransform, int orientation) {

  static final int NO_ADOBE_MARKER = -1;

  private static final int SOI = 0xd8;
  private static final int EOI = 0xd9;
  private static final int SOS = 0xda;
  private static final int APP1 = 0xe1;
  private static final int APP14 = 0xee;

  static JpegHeader read(byte[] file) throws UnreadableImageException {
    JpegHeader header = new JpegHeader(0, 0, 0, NO_ADOBE_MARKER, 1);
    int at = 2;
    while (true) {
      int marker = at + 1 < file.length && unsigned(file, at) == 0xff ? unsigned(file, at + 1) : -1;
      if (marker == 0xff) {
        at++;
        continue;
      }
      if (marker == 1 || (marker >= 0xd0 && marker <= SOI)) {
        at += 2;
        continue;
      }
      int length = marker < 0 || at + 3 >= file.length ? 0 : unsigned16(file, at + 2);
      if (length < 2 || at + 2 + length > file.length || marker == EOI) {
        throw new UnreadableImageException("truncated JPEG: no picture data");
      }
      if (marker == SOS) {
        return header.checkedAgainst(file, at);
      }
      header = header.with(file, marker, at + 4, length - 2);
      at += 2 + length;
    }
  }

  private JpegHeader with(byte[] file, int marker, int at, int length) {
    if (isFrame(marker) && length >= 6) {
      return new JpegHeader(
          unsigned16(file, at + 3),
          unsigned16(file, at + 1),
          unsigned(file, at + 5),
          adobeTransform,
          orientation);
    }
    if (marker == APP14 && length >= 12 && startsWith(file, at, "Adobe")) {
      return new JpegHeader(width, height, components, unsigned(file, at + 11), orientation);
    }
    if (marker == APP1 && length > 14 && startsWith(file, at, "Exif\0\0")) {
      int found = ExifOrientation.read(file, at + 6, length - 6);
      return new JpegHeader(width, height, components, adobeTransform, found);
    }
    return this;
  }

  /** SOF0 to SOF15 without DHT, JPG and DAC, which share their range. */
  private static boolean isFrame(int marker) {
    return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
  }

  private JpegHeader checkedAgainst(byte[] file, int scan) throws UnreadableImageException {
    if (components == 0) {
      throw new UnreadableImageException("corrupt JPEG: no frame header before the scan");
    }
    // Decoders fill what is missing with grey and only warn, so look for the end ourselves.
    for (int i = file.length - 2; i > scan; i--) {
      if (unsigned(file, i) == 0xff && unsigned(file, i + 1) == EOI) {
        return this;
      }
    }
    throw new UnreadableImageException("truncated JPEG: ends before its EOI marker");
  }

  private static boolean startsWith(byte[] file, int at, String text) {
    for (int i = 0; i < text.length(); i++) {
      if (file[at + i] != text.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  private static int unsigned(byte[] file, int at) {
    return file[at] & 0xff;
  }

  private static int unsigned16(byte[] file, int at) {
    return unsigned(file, at) << 8 | unsigned(file, at + 1);
  }
}
