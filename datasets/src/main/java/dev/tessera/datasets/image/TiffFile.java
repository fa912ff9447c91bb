package dev.tessera.datasets.image;

import java.awt.image.BufferedImage;
import java.awt.image.IndexColorModel;
import java.util.Arrays;

/** What the first directory of a TIFF file says, checked for what its reader takes on trust. */
final class TiffFile {

  private static final int STRIP_BYTES = 279;
  private static final int TILE_BYTES = 325;

  private static final int COLOUR_MAP = 320;

  private TiffFile() {}

  /**
   * The picture with the palette's high bytes, as libtiff takes them. The JDK divides by 257, which
   * is one too little where a writer has multiplied by 256.
   */
  static BufferedImage withItsPalette(byte[] file, BufferedImage image) {
    int[] map = TiffDirectory.first(file, 0, file.length).numbers(COLOUR_MAP);
    if (!(image.getColorModel() instanceof IndexColorModel palette)
        || map.length != 3 * palette.getMapSize()
        || Arrays.stream(map).max().orElse(0) < 256) {
      return image;
    }
    int size = palette.getMapSize();
    byte[][] colours = new byte[3][size];
    for (int i = 0; i < map.length; i++) {
      colours[i / size][i % size] = (byte) (map[i] >> 8);
    }
    return new BufferedImage(
        new IndexColorModel(palette.getPixelSize(), size, colours[0], colours[1], colours[2]),
        image.getRaster(),
        false,
        null);
  }

  static PictureHeader header(byte[] file, PictureHeader plain) throws UnreadableImageException {
    TiffDirectory directory = TiffDirectory.first(file, 0, file.length);
    long tile =
        directory.number(TiffDirectory.TILE_WIDTH, 1)
            * directory.number(TiffDirectory.TILE_HEIGHT, 1);
    long largest = Math.max(directory.largest(STRIP_BYTES), directory.largest(TILE_BYTES));
    if (tile > DecoderSettings.DEFAULT_MAX_PIXELS || largest > file.length) {
      throw new UnreadableImageException("corrupt TIFF: impossible size of a strip or tile");
    }
    int orientation = directory.orientation();
    return new PictureHeader(
        plain.width(),
        plain.height(),
        plain.pixelBytes(),
        Orientation.of(orientation, Orientation.UNSAID),
        directory.bytes(TiffDirectory.PROFILE));
  }
}
