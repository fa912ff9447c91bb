package dev.tessera.datasets.image;

import java.awt.image.Raster;

/**
 * JPEG with four components to RGB: inks by the device formula R = (1 - C)(1 - K), without any
 * profile, as Pillow and torchvision do.
 */
final class Inks {

  private static final int BANDS = 4;
  private static final int HALF = 1 << 15;

  private Inks() {}

  /**
   * @param raster uint8, four bands, as stored in the file
   */
  static StraightImage straight(Raster raster, JpegColours colours) {
    RgbImage result = RgbImage.blank(raster.getWidth(), raster.getHeight());
    boolean alpha = colours == JpegColours.YCBCR_ALPHA;
    byte[] opacity = alpha ? new byte[raster.getWidth() * raster.getHeight()] : null;
    byte[] pixels = result.pixels();
    int[] row = new int[raster.getWidth() * BANDS];
    int to = 0;
    for (int y = 0; y < raster.getHeight(); y++) {
      raster.getPixels(raster.getMinX(), raster.getMinY() + y, raster.getWidth(), 1, row);
      for (int from = 0; from < row.length; from += BANDS, to += RgbImage.CHANNELS) {
        if (colours != JpegColours.CMYK) {
          rotate(row, from);
        }
        if (colours == JpegColours.YCCK) {
          // The rotation gives light where the file has none of the (inverted) ink.
          for (int c = from; c < from + 3; c++) {
            row[c] = 255 - row[c];
          }
        }
        if (alpha) {
          opacity[to / RgbImage.CHANNELS] = (byte) row[from + 3];
          for (int c = 0; c < RgbImage.CHANNELS; c++) {
            pixels[to + c] = (byte) row[from + c];
          }
        } else {
          toRgb(row[from], row[from + 1], row[from + 2], row[from + 3], pixels, to);
        }
      }
    }
    return new StraightImage(result, opacity, false);
  }

  /** From inverted inks: 255 is none. */
  static void toRgb(int c, int m, int y, int k, byte[] pixels, int to) {
    pixels[to] = (byte) (k - part(255 - c, k));
    pixels[to + 1] = (byte) (k - part(255 - m, k));
    pixels[to + 2] = (byte) (k - part(255 - y, k));
  }

  private static int part(int ink, int light) {
    return (2 * ink * light + 255) / 510;
  }

  /** YCbCr to RGB in place, ITU-T T.871 in libjpeg's fixed point. */
  private static void rotate(int[] row, int at) {
    int luma = row[at];
    int cb = row[at + 1] - 128;
    int cr = row[at + 2] - 128;
    row[at] = clamp(luma + ((91881 * cr + HALF) >> 16));
    row[at + 1] = clamp(luma + ((-22554 * cb - 46802 * cr + HALF) >> 16));
    row[at + 2] = clamp(luma + ((116130 * cb + HALF) >> 16));
  }

  private static int clamp(int value) {
    return Math.max(0, Math.min(255, value));
  }
}
