package dev.tessera.datasets.image;

import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.DataBufferByte;
import java.awt.image.IndexColorModel;
import java.awt.image.PixelInterleavedSampleModel;
import java.awt.image.Raster;

/**
 * Turns what a reader returns into 8 bits a channel. Sample values are read from the raster, never
 * through {@code BufferedImage.getRGB}, which treats grey as linear light and so brightens it.
 */
final class RasterConversion {

  private static final int OPAQUE = 255;

  private RasterConversion() {}

  /** Converts grey, RGB and CMYK, with or without alpha, and palettes, of any bit depth. */
  static StraightImage straight(BufferedImage image) throws UnreadableImageException {
    if (image.getColorModel() instanceof IndexColorModel palette) {
      return fromPalette(image.getRaster(), palette);
    }
    return fromSamples(image.getRaster(), image.getColorModel());
  }

  private static StraightImage fromPalette(Raster raster, IndexColorModel palette) {
    int size = palette.getMapSize();
    byte[] colours = new byte[size * RgbImage.CHANNELS];
    byte[] alphas = new byte[size];
    palette.getAlphas(alphas);
    for (int i = 0; i < size; i++) {
      colours[3 * i] = (byte) palette.getRed(i);
      colours[3 * i + 1] = (byte) palette.getGreen(i);
      colours[3 * i + 2] = (byte) palette.getBlue(i);
    }
    RgbImage result = RgbImage.blank(raster.getWidth(), raster.getHeight());
    byte[] opacity = palette.hasAlpha() ? new byte[raster.getWidth() * raster.getHeight()] : null;
    int[] row = new int[raster.getWidth()];
    for (int y = 0, to = 0; y < raster.getHeight(); y++) {
      raster.getSamples(raster.getMinX(), raster.getMinY() + y, row.length, 1, 0, row);
      for (int index : row) {
        int from = Math.min(index, size - 1);
        System.arraycopy(colours, 3 * from, result.pixels(), 3 * to, RgbImage.CHANNELS);
        if (opacity != null) {
          opacity[to] = alphas[from];
        }
        to++;
      }
    }
    return new StraightImage(result, opacity, false);
  }

  private static StraightImage fromSamples(Raster raster, ColorModel model)
      throws UnreadableImageException {
    int colours = colours(raster, model);
    RgbImage result = RgbImage.blank(raster.getWidth(), raster.getHeight());
    if (raster.getNumBands() == RgbImage.CHANNELS
        && colours == RgbImage.CHANNELS
        && model.getComponentSize(0) == 8
        && raster.getSampleModel() instanceof PixelInterleavedSampleModel layout
        && raster.getDataBuffer() instanceof DataBufferByte buffer
        && buffer.getNumBanks() == 1) {
      copy(raster, layout, buffer, result);
      return new StraightImage(result, null, false);
    }
    byte[] opacity = model.hasAlpha() ? new byte[raster.getWidth() * raster.getHeight()] : null;
    Samples samples = new Samples(raster, model, colours);
    for (int y = 0; y < raster.getHeight(); y++) {
      samples.read(y, result.pixels(), opacity);
    }
    return new StraightImage(result, opacity, colours == 1);
  }

  /** 1, 3 or 4 channels of colour. */
  private static int colours(Raster raster, ColorModel model) throws UnreadableImageException {
    int kind = model.getColorSpace().getType();
    int colours = kind == ColorSpace.TYPE_GRAY ? 1 : kind == ColorSpace.TYPE_CMYK ? 4 : 3;
    boolean known = kind == ColorSpace.TYPE_RGB || colours != 3;
    if (!known || raster.getNumBands() < colours + (model.hasAlpha() ? 1 : 0)) {
      throw new UnreadableImageException(
          raster.getNumBands() + " colour channels without a known meaning");
    }
    int type = raster.getTransferType();
    if (type == DataBuffer.TYPE_FLOAT
        || type == DataBuffer.TYPE_DOUBLE
        || (type == DataBuffer.TYPE_INT && model.getComponentSize(0) > 16)) {
      throw new UnreadableImageException(
          "samples of 32 bits or floating point (expected: whole numbers of 16 bits at most)");
    }
    return colours;
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

  /** Rows of a raster as numbers. */
  private static final class Samples {

    private final Raster raster;
    private final int colours;
    private final int bands;
    private final int alphaBand;
    private final boolean premultiplied;
    private final int[] max;
    private final int[] row;

    Samples(Raster raster, ColorModel model, int colours) {
      this.raster = raster;
      this.colours = colours;
      this.bands = raster.getNumBands();
      this.alphaBand = model.hasAlpha() ? colours : -1;
      this.premultiplied = model.isAlphaPremultiplied();
      this.max = new int[bands];
      for (int b = 0; b < bands; b++) {
        int size = model.getComponentSize(Math.min(b, model.getNumComponents() - 1));
        max[b] = (1 << size) - 1;
      }
      this.row = new int[raster.getWidth() * bands];
    }

    void read(int y, byte[] pixels, byte[] opacity) {
      raster.getPixels(raster.getMinX(), raster.getMinY() + y, raster.getWidth(), 1, row);
      int at = y * raster.getWidth();
      int to = at * RgbImage.CHANNELS;
      for (int from = 0; from < row.length; from += bands, at++, to += RgbImage.CHANNELS) {
        int alpha = alphaBand < 0 ? 1 : row[from + alphaBand];
        if (opacity != null) {
          opacity[at] = (byte) toByte(alpha, max[alphaBand]);
        }
        if (colours == 4) {
          Inks.toRgb(
              OPAQUE - toByte(row[from], max[0]),
              OPAQUE - toByte(row[from + 1], max[1]),
              OPAQUE - toByte(row[from + 2], max[2]),
              OPAQUE - toByte(row[from + 3], max[3]),
              pixels,
              to);
          continue;
        }
        for (int c = 0; c < RgbImage.CHANNELS; c++) {
          int band = colours == 1 ? 0 : c;
          int value = row[from + band];
          if (premultiplied && alpha > 0) {
            value = (int) Math.min(max[band], ((long) value * max[alphaBand] + alpha / 2) / alpha);
          }
          pixels[to + c] = (byte) toByte(value, max[band]);
        }
      }
    }

    /** Rounds to the nearest of 256 levels: 16-bit 257 is 1, not the 1.004 of a shift. */
    private static int toByte(int value, int max) {
      return max == OPAQUE ? value : (int) ((value * 255L + max / 2) / max);
    }
  }
}
