package dev.tessera.datasets.image;

import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How a camera was held: Exif's tag 0x0112, or XMP's tiff:Orientation where Exif says nothing.
 * Values 1 to 8 as in the TIFF 6.0 specification.
 */
final class Orientation {

  static final int UPRIGHT = 1;

  /** What {@link #ofExif} and {@link #ofXmp} return where nothing is said. */
  static final int UNSAID = 0;

  private static final Pattern XMP =
      Pattern.compile("tiff:Orientation(?:=\"|=')([0-9])[\"']|<tiff:Orientation>([0-9])</");
  private static final String EXIF = "Exif\0\0";

  private Orientation() {}

  /**
   * Of Exif data, with or without the name that JPEG puts before it; {@link #UNSAID} if damaged.
   */
  static int ofExif(byte[] file, int offset, int length) {
    int name = Signature.at(file, offset, EXIF) ? EXIF.length() : 0;
    return TiffDirectory.first(file, offset + name, length - name).orientation();
  }

  /** Of an XMP packet. */
  static int ofXmp(byte[] file, int offset, int length) {
    Matcher matcher = XMP.matcher(new String(file, offset, length, StandardCharsets.ISO_8859_1));
    if (!matcher.find()) {
      return UNSAID;
    }
    int value = Integer.parseInt(matcher.group(1) == null ? matcher.group(2) : matcher.group(1));
    return value >= 1 && value <= 8 ? value : UPRIGHT;
  }

  /** Exif's word, or else XMP's, or else upright. */
  static int of(int exif, int xmp) {
    int said = exif == UNSAID ? xmp : exif;
    return said == UNSAID ? UPRIGHT : said;
  }

  /** {@code image} turned and mirrored so that it stands upright. */
  static RgbImage upright(RgbImage image, int orientation) {
    if (orientation == UPRIGHT) {
      return image;
    }
    boolean transposed = orientation >= 5;
    int width = transposed ? image.height() : image.width();
    int height = transposed ? image.width() : image.height();
    RgbImage result = RgbImage.blank(width, height);
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        int u = transposed ? y : x;
        int v = transposed ? x : y;
        int fromX = mirrorsColumns(orientation) ? image.width() - 1 - u : u;
        int fromY = mirrorsRows(orientation) ? image.height() - 1 - v : v;
        System.arraycopy(
            image.pixels(),
            (fromY * image.width() + fromX) * RgbImage.CHANNELS,
            result.pixels(),
            (y * width + x) * RgbImage.CHANNELS,
            RgbImage.CHANNELS);
      }
    }
    return result;
  }

  private static boolean mirrorsColumns(int orientation) {
    return orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
  }

  private static boolean mirrorsRows(int orientation) {
    return orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  }
}
