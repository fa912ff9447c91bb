package dev.tessera.jobs.run;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import javax.imageio.ImageIO;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/**
 * Lays pictures of one size out in rows and writes them as one PNG.
 *
 * @param width of a picture, pixels
 * @param height of a picture, pixels
 * @param columns pictures in a row
 * @param scale every pixel becomes a square of this side, so that 32x32 pictures can be seen
 */
public record Grid(int width, int height, int columns, int scale) {

  /** Between pictures, in pixels of the PNG. */
  private static final int GAP = 2;

  private static final int PAPER = 0xffffff;

  public Grid {
    require("width", width);
    require("height", height);
    require("columns", columns);
    require("scale", scale);
  }

  private static void require(String name, int value) {
    if (value < 1) {
      throw new IllegalArgumentException(name + ": " + value + " (expected: 1 or more)");
    }
  }

  /** A grid whose scale makes a row about 640 pixels wide, at most 8 and at least 1. */
  public static Grid fitting(int width, int height, int columns) {
    return new Grid(
        width, height, columns, (int) Math.max(1, Math.min(8, 640L / ((long) width * columns))));
  }

  /**
   * The PNG of {@code pictures}, row by row.
   *
   * @param pictures each {@code height x width x 3} bytes, RGB; not empty
   */
  public byte[] png(List<byte[]> pictures) {
    if (pictures.isEmpty()) {
      throw new IllegalArgumentException("pictures: none (expected: 1 or more)");
    }
    int rows = (pictures.size() + columns - 1) / columns;
    int across = Math.min(columns, pictures.size());
    int wide = across * (width * scale + GAP) - GAP;
    int high = rows * (height * scale + GAP) - GAP;
    BufferedImage sheet = new BufferedImage(wide, high, BufferedImage.TYPE_INT_RGB);
    int[] paper = new int[wide];
    Arrays.fill(paper, PAPER);
    sheet.setRGB(0, 0, wide, high, paper, 0, 0);
    for (int i = 0; i < pictures.size(); i++) {
      int x = i % columns * (width * scale + GAP);
      int y = i / columns * (height * scale + GAP);
      draw(sheet, pictures.get(i), x, y);
    }
    return encode(sheet);
  }

  /**
   * The PNG of pairs: every original with its reconstruction below it.
   *
   * @param originals as of {@link #png}
   * @param reconstructions as many, in the same order
   */
  public byte[] pairs(List<byte[]> originals, List<byte[]> reconstructions) {
    if (originals.size() != reconstructions.size()) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "reconstructions: %d (expected: %d, one for each original)",
              reconstructions.size(),
              originals.size()));
    }
    List<byte[]> rows = new ArrayList<>();
    byte[] blank = new byte[width * height * 3];
    Arrays.fill(blank, (byte) 0xff);
    for (int from = 0; from < originals.size(); from += columns) {
      int to = Math.min(from + columns, originals.size());
      rows.addAll(originals.subList(from, to));
      boolean padded = to - from < columns && originals.size() > columns;
      for (int i = to - from; padded && i < columns; i++) {
        rows.add(blank);
      }
      rows.addAll(reconstructions.subList(from, to));
    }
    int across = Math.min(columns, originals.size());
    return new Grid(width, height, across, scale).png(rows);
  }

  private void draw(BufferedImage sheet, byte[] rgb, int left, int top) {
    if (rgb.length != width * height * 3) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "picture: %d bytes (expected: %d x %d x 3 = %d)",
              rgb.length,
              height,
              width,
              width * height * 3));
    }
    for (int y = 0; y < height * scale; y++) {
      for (int x = 0; x < width * scale; x++) {
        int at = (y / scale * width + x / scale) * 3;
        int pixel = ((rgb[at] & 0xff) << 16) | ((rgb[at + 1] & 0xff) << 8) | (rgb[at + 2] & 0xff);
        sheet.setRGB(left + x, top + y, pixel);
      }
    }
  }

  private static byte[] encode(BufferedImage sheet) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (MemoryCacheImageOutputStream stream = new MemoryCacheImageOutputStream(out)) {
      if (!ImageIO.write(sheet, "png", stream)) {
        throw new IllegalStateException("This Java has no PNG writer");
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }
}
