package dev.tessera.datasets.image;

import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.DataBufferByte;
import java.awt.image.IndexColorModel;
import java.awt.image.PixelInterleavedSampleModel;
import java.awt.image.Raster;

/**
 * Turns what a decoder returns into 8-bit RGB over a background. Sample values are read from the
 * raster, never through {@code BufferedImage.getRGB}, which treats grey as linear light and so
 * brightens it.
 */
final class RasterConversion {

  private final int[] background;

  /**
   * @param background 0xRRGGBB behind transparent pixels
   */
  RasterConversion(int background) {
    this.background =
        new int[] {background >> 16 & 0xff, background >> 8 & 0xff, background & 0xff};
  }

  /** Converts grey, grey with alpha, RGB, RGBA and palettes of any bit depth. */
  RgbImage toRgb(BufferedImage image) throws UnreadableImageException {
    if (image.getColorModel() instanceof IndexColorModel palette) {
      return fromPalette(image.getRaster(), palette);
    }
    return fromSamples(image.getRaster(), image.getColorModel());
  }

  private RgbImage fromPalette(Raster raster, IndexColorModel palette) {
    byte[][] colours = new byte[palette.getMapSize()][];
    for (int i = 0; i < colours.length; i++) {
      int[] rgb = {palette.getRed(i), palette.getGreen(i), palette.getBlue(i)};
      colours[i] = new byte[RgbImage.CHANNELS];
      for (int c = 0; c < RgbImage.CHANNELS; c++) {
        colours[i][c] = (byte) over(rgb[c], palette.getAlpha(i), 255, c);
      }
    }
    RgbImage result = RgbImage.blank(raster.getWidth(), raster.getHeight());
    int[] row = new int[raster.getWidth()];
    for (int y = 0, to = 0; y < raster.getHeight(); y++) {
      raster.getSamples(raster.getMinX(), raster.getMinY() + y, row.length, 1, 0, row);
      for (int index : row) {
        System.arraycopy(colours[Math.min(index, colours.length - 1)], 0, result.pixels(), to, 3);
        to += RgbImage.CHANNELS;
      }
    }
    return result;
  }

  private RgbImage fromSamples(Raster raster, ColorModel model) throws UnreadableImageException {
    int bands = raster.getNumBands();
    if (bands > 4) {
      throw new UnreadableImageException(bands + " colour channels (expected: 1 to 4)");
    }
    boolean alpha = bands == 2 || bands == 4;
    if (alpha != model.hasAlpha()) {
      throw new UnreadableImageException(bands + " colour channels without a known meaning");
    }
    boolean grey = bands < 3;
    int max = (1 << model.getComponentSize(0)) - 1;
    RgbImage result = RgbImage.blank(raster.getWidth(), raster.getHeight());
    if (bands == RgbImage.CHANNELS
        && max == 255
        && raster.getSampleModel() instanceof PixelInterleavedSampleModel layout
        && raster.getDataBuffer() instanceof DataBufferByte buffer
        && buffer.getNumBanks() == 1) {
      copy(raster, layout, buffer, result);
      return result;
    }
    byte[] pixels = result.pixels();
    int[] row = new int[raster.getWidth() * bands];
    for (int y = 0, to = 0; y < raster.getHeight(); y++) {
      raster.getPixels(raster.getMinX(), raster.getMinY() + y, raster.getWidth(), 1, row);
      for (int from = 0; from < row.length; from += bands) {
        int opacity = alpha ? row[from + bands - 1] : max;
        for (int c = 0; c < RgbImage.CHANNELS; c++) {
          int value = row[from + (grey ? 0 : c)];
          pixels[to++] =
              (byte) (opacity == max ? toByte(value, max) : over(value, opacity, max, c));
        }
      }
    }
    return result;
  }

  /**
   * What nearly all JPEG files become: bytes as they are, in whatever order the channels have. As
   * numbers through the raster's own methods they take longer than the decoding itself.
   */
  private static void copy(
      Raster raster, PixelInterleavedSampleModel layout, DataBufferByte buffer, RgbImage result) {
    byte[] source = buffer.getData();
    byte[] pixels = result.pixels();
    int[] offsets = layout.getBandOffsets();
    int left = raster.getMinX() - raster.getSampleModelTranslateX();
    int top = raster.getMinY() - raster.getSampleModelTranslateY();
    int step = layout.getPixelStride();
    int to = 0;
    for (int y = 0; y < result.height(); y++) {
      int from = buffer.getOffset() + (top + y) * layout.getScanlineStride() + left * step;
      for (int x = 0; x < result.width(); x++, from += step, to += RgbImage.CHANNELS) {
        pixels[to] = source[from + offsets[0]];
        pixels[to + 1] = source[from + offsets[1]];
        pixels[to + 2] = source[from + offsets[2]];
      }
    }
  }

  /** Rounds to the nearest of 256 levels: 16-bit 257 is 1, not the 1.004 of a shift. */
  private static int toByte(int value, int max) {
    return max == 255 ? value : (int) ((value * 255L + max / 2) / max);
  }

  /** Straight alpha: a*v + (1 - a)*background, rounded once. */
  private int over(int value, int alpha, int max, int channel) {
    long scale = (long) max * max;
    long blended = (long) value * alpha * 255 + (long) background[channel] * (max - alpha) * max;
    return (int) ((blended + scale / 2) / scale);
  }
}
