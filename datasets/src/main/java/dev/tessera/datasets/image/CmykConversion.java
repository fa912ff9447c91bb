package dev.tessera.datasets.image;

import java.awt.image.Raster;

/**
 * JPEG with four components to RGB, by the device formula R = (1 - C)(1 - K); ICC profiles are not
 * applied. Files with Adobe's APP14 marker store the inverted inks; transform 2 adds the YCbCr
 * rotation on the first three (Adobe technical note 5116).
 */
final class CmykConversion {

  private CmykConversion() {}

  /**
   * @param raster uint8, four bands, as stored in the file
   */
  static RgbImage toRgb(Raster raster, int adobeTransform) {
    boolean inverted = adobeTransform != JpegHeader.NO_ADOBE_MARKER;
    RgbImage result = RgbImage.blank(raster.getWidth(), raster.getHeight());
    byte[] pixels = result.pixels();
    int[] row = new int[raster.getWidth() * 4];
    for (int y = 0, to = 0; y < raster.getHeight(); y++) {
      raster.getPixels(raster.getMinX(), raster.getMinY() + y, raster.getWidth(), 1, row);
      for (int from = 0; from < row.length; from += 4) {
        if (adobeTransform == 2) {
          rotate(row, from);
        }
        int white = inverted ? row[from + 3] : 255 - row[from + 3];
        for (int c = 0; c < RgbImage.CHANNELS; c++) {
          int light = inverted ? row[from + c] : 255 - row[from + c];
          pixels[to++] = (byte) ((light * white + 127) / 255);
        }
      }
    }
    return result;
  }

  /** YCbCr to RGB in place, ITU-T T.871. In an Adobe file the result is the inverted ink. */
  private static void rotate(int[] row, int at) {
    int luma = row[at];
    int cb = row[at + 1] - 128;
    int cr = row[at + 2] - 128;
    row[at] = clamp(luma + 1.402 * cr);
    row[at + 1] = clamp(luma - 0.344136 * cb - 0.714136 * cr);
    row[at + 2] = clamp(luma + 1.772 * cb);
  }

  private static int clamp(double value) {
    return (int) Math.max(0, Math.min(255, Math.round(value)));
  }
}
