package dev.tessera.datasets.image;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Exif tag 0x0112: how a camera was held. Values 1 to 8 as in the TIFF 6.0 specification. */
final class ExifOrientation {

  private static final int TAG = 0x0112;
  private static final int ENTRY = 12;

  private ExifOrientation() {}

  /** The orientation in a TIFF block, or 1 (upright) if it holds none or is damaged. */
  static int read(byte[] file, int offset, int length) {
    ByteBuffer tiff = ByteBuffer.wrap(file, offset, length).slice();
    tiff.order(tiff.get(0) == 'I' ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
    int directory = tiff.getInt(4);
    if (directory < 8 || directory > tiff.limit() - 2) {
      return 1;
    }
    int entries = tiff.getShort(directory) & 0xffff;
    for (int i = 0; i < entries; i++) {
      int at = directory + 2 + i * ENTRY;
      if (at > tiff.limit() - ENTRY) {
        return 1;
      }
      if ((tiff.getShort(at) & 0xffff) == TAG) {
        int value = tiff.getShort(at + 8);
        return value >= 1 && value <= 8 ? value : 1;
      }
    }
    return 1;
  }

  /** {@code image} turned and mirrored so that it stands upright. */
  static RgbImage upright(RgbImage image, int orientation) {
    if (orientation == 1) {
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
