package dev.tessera.datasets.image;

import java.awt.color.ColorSpace;
import java.awt.color.ICC_Profile;
import java.awt.image.ColorConvertOp;
import java.awt.image.DataBuffer;
import java.awt.image.DataBufferByte;
import java.awt.image.Raster;
import java.awt.image.WritableRaster;
import java.util.Arrays;

/** Colours of an ICC profile's device to sRGB, perceptual intent, by the JDK's LittleCMS. */
final class ColourConversion {

  private static final int LEVELS = 256;
  private static final int GRID = 9;
  private static final ICC_Profile SRGB = ICC_Profile.getInstance(ColorSpace.CS_sRGB);

  private final ColorConvertOp rgb;
  private final byte[] grey;
  private final boolean changes;

  private ColourConversion(ColorConvertOp rgb, byte[] grey, boolean changes) {
    this.rgb = rgb;
    this.grey = grey;
    this.changes = changes;
  }

  /**
   * @throws IllegalArgumentException or another of the JDK's exceptions if this is no profile of
   *     grey or RGB colours
   */
  static ColourConversion of(byte[] bytes) {
    ICC_Profile profile = ICC_Profile.getInstance(bytes);
    int kind = profile.getColorSpaceType();
    int role = profile.getProfileClass();
    if (role != ICC_Profile.CLASS_DISPLAY
        && role != ICC_Profile.CLASS_INPUT
        && role != ICC_Profile.CLASS_OUTPUT
        && role != ICC_Profile.CLASS_COLORSPACECONVERSION) {
      throw new IllegalArgumentException("class: " + role + " (expected: of a device)");
    }
    ColorConvertOp op = new ColorConvertOp(new ICC_Profile[] {profile, SRGB}, null);
    if (kind == ColorSpace.TYPE_GRAY) {
      return ofGrey(op);
    }
    if (kind != ColorSpace.TYPE_RGB) {
      throw new IllegalArgumentException("colours: " + kind + " (expected: grey or RGB)");
    }
    byte[] probe = new byte[GRID * GRID * GRID * RgbImage.CHANNELS];
    for (int i = 0; i < GRID * GRID * GRID; i++) {
      probe[3 * i] = (byte) (i % GRID * 255 / (GRID - 1));
      probe[3 * i + 1] = (byte) (i / GRID % GRID * 255 / (GRID - 1));
      probe[3 * i + 2] = (byte) (i / GRID / GRID * 255 / (GRID - 1));
    }
    byte[] converted = probe.clone();
    convert(op, converted, probe.length / RgbImage.CHANNELS, 1);
    return new ColourConversion(op, null, differs(probe, converted));
  }

  private static ColourConversion ofGrey(ColorConvertOp op) {
    byte[] levels = new byte[LEVELS];
    byte[] before = new byte[LEVELS * RgbImage.CHANNELS];
    for (int i = 0; i < LEVELS; i++) {
      levels[i] = (byte) i;
      Arrays.fill(before, 3 * i, 3 * i + 3, (byte) i);
    }
    WritableRaster source =
        Raster.createInterleavedRaster(
            new DataBufferByte(levels, LEVELS), LEVELS, 1, LEVELS, 1, new int[] {0}, null);
    byte[] after = new byte[LEVELS * RgbImage.CHANNELS];
    op.filter(source, raster(after, LEVELS, 1));
    return new ColourConversion(null, after, differs(before, after));
  }

  /** Whether it is worth while: the many profiles that describe sRGB itself change nothing. */
  boolean changes() {
    return changes;
  }

  /** Whether the profile is of such pictures. */
  boolean fits(StraightImage image) {
    return image.grey() == (grey != null);
  }

  /** Converts in place. */
  void apply(StraightImage image) {
    byte[] pixels = image.colours().pixels();
    if (grey == null) {
      convert(rgb, pixels, image.colours().width(), image.colours().height());
      return;
    }
    for (int i = 0; i < pixels.length; i += RgbImage.CHANNELS) {
      System.arraycopy(grey, 3 * (pixels[i] & 0xff), pixels, i, RgbImage.CHANNELS);
    }
  }

  private static void convert(ColorConvertOp op, byte[] pixels, int width, int height) {
    WritableRaster raster = raster(pixels, width, height);
    op.filter(raster, raster);
  }

  private static WritableRaster raster(byte[] pixels, int width, int height) {
    DataBuffer buffer = new DataBufferByte(pixels, pixels.length);
    return Raster.createInterleavedRaster(
        buffer, width, height, width * RgbImage.CHANNELS, 3, new int[] {0, 1, 2}, null);
  }

  private static boolean differs(byte[] a, byte[] b) {
    for (int i = 0; i < a.length; i++) {
      if (Math.abs((a[i] & 0xff) - (b[i] & 0xff)) > 1) {
        return true;
      }
    }
    return false;
  }
}
