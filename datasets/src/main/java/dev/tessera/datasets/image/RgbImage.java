package dev.tessera.datasets.image;

import java.nio.ByteBuffer;

/**
 * An 8-bit sRGB picture. Pixels are interleaved, row by row: byte {@code (y * width + x) * 3 + c}.
 *
 * @param width columns, 1 or more
 * @param height rows, 1 or more
 * @param pixels uint8 [height, width, 3]; not copied
 */
@SuppressWarnings("ArrayRecordComponent") // Rows and pixels are never compared or hashed.
public record RgbImage(int width, int height, byte[] pixels) {

  /** Red, green, blue. */
  public static final int CHANNELS = 3;

  public RgbImage {
    if (width < 1 || height < 1) {
      throw new IllegalArgumentException(
          "size: " + width + "x" + height + " (expected: 1x1 or more)");
    }
    if (pixels.length != (long) width * height * CHANNELS) {
      throw new IllegalArgumentException(
          "pixels: " + pixels.length + " bytes (expected: " + width + "*" + height + "*3)");
    }
  }

  /** A black picture. */
  public static RgbImage blank(int width, int height) {
    return new RgbImage(width, height, new byte[Math.multiplyExact(width * CHANNELS, height)]);
  }

  /** A picture of one colour, 0xRRGGBB. */
  static RgbImage filled(int width, int height, int colour) {
    RgbImage result = blank(width, height);
    byte[] pixels = result.pixels();
    for (int i = 0; i < pixels.length; i += CHANNELS) {
      pixels[i] = (byte) (colour >> 16);
      pixels[i + 1] = (byte) (colour >> 8);
      pixels[i + 2] = (byte) colour;
    }
    return result;
  }

  /** Overwrites the rectangle with its top left corner at ({@code left}, {@code top}). */
  void put(RgbImage part, int left, int top) {
    for (int y = 0; y < part.height; y++) {
      System.arraycopy(
          part.pixels,
          y * part.width * CHANNELS,
          pixels,
          ((top + y) * width + left) * CHANNELS,
          part.width * CHANNELS);
    }
  }

  /** The value of channel {@code c} at column {@code x} and row {@code y}, 0 to 255. */
  public int at(int x, int y, int c) {
    return pixels[(y * width + x) * CHANNELS + c] & 0xff;
  }

  /** The rectangle with its top left corner at ({@code left}, {@code top}), copied. */
  public RgbImage region(int left, int top, int columns, int rows) {
    RgbImage result = blank(columns, rows);
    for (int y = 0; y < rows; y++) {
      System.arraycopy(
          pixels,
          ((top + y) * width + left) * CHANNELS,
          result.pixels,
          y * columns * CHANNELS,
          columns * CHANNELS);
    }
    return result;
  }

  /** Writes the picture as uint8 [3, height, width], the order that convolutions take. */
  public void putPlanar(ByteBuffer target) {
    int size = width * height;
    byte[] planes = new byte[pixels.length];
    for (int i = 0, j = 0; i < size; i++, j += CHANNELS) {
      planes[i] = pixels[j];
      planes[size + i] = pixels[j + 1];
      planes[2 * size + i] = pixels[j + 2];
    }
    target.put(planes);
  }

  /** The inverse of {@link #putPlanar}: reads uint8 [3, height, width]. */
  public static RgbImage fromPlanar(int width, int height, ByteBuffer source) {
    RgbImage result = blank(width, height);
    byte[] plane = new byte[width * height];
    for (int c = 0; c < CHANNELS; c++) {
      source.get(plane);
      for (int i = 0, j = c; i < plane.length; i++, j += CHANNELS) {
        result.pixels[j] = plane[i];
      }
    }
    return result;
  }
}
