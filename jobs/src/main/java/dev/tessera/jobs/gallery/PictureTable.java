package dev.tessera.jobs.gallery;

import java.awt.Color;
import java.awt.Font;
import java.awt.FontMetrics;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.util.List;
import java.util.Locale;

/** Draws points of the plane in rows and columns, with labels. */
final class PictureTable {

  /**
   * A picture.
   *
   * @param points {@code [n][2]}
   * @param note in its corner
   */
  record Cell(float[] points, String note) {}

  /**
   * A label of two lines.
   *
   * @param name the first
   * @param more the second, smaller
   */
  record Label(String name, String more) {}

  private static final int SIDE = 150;
  private static final int GAP = 6;
  private static final int LEFT = 268;
  private static final int TOP = 96;
  private static final Color PAPER = Color.WHITE;
  private static final Color GROUND = new Color(0xf4f5f7);
  private static final Color INK = new Color(0x1c2430);
  private static final Color PALE = new Color(0x667085);
  private static final int HUES = 40;

  private final double left;
  private final double bottom;
  private final double range;

  /** Room around the data, of their extent. */
  private static final double MARGIN = 0.1;

  /** Of pictures that all show the square in which {@code data} lie, and some room around it. */
  static PictureTable around(float... data) {
    double[] low = {Double.MAX_VALUE, Double.MAX_VALUE};
    double[] high = {-Double.MAX_VALUE, -Double.MAX_VALUE};
    for (int i = 0; i < data.length; i++) {
      low[i % 2] = Math.min(low[i % 2], data[i]);
      high[i % 2] = Math.max(high[i % 2], data[i]);
    }
    double range = (1 + 2 * MARGIN) * Math.max(high[0] - low[0], high[1] - low[1]);
    return new PictureTable((low[0] + high[0] - range) / 2, (low[1] + high[1] - range) / 2, range);
  }

  private PictureTable(double left, double bottom, double range) {
    this.left = left;
    this.bottom = bottom;
    this.range = range;
  }

  BufferedImage draw(List<Label> columns, List<Label> rows, List<List<Cell>> cells) {
    int wide = LEFT + columns.size() * (SIDE + GAP) + GAP;
    int high = TOP + rows.size() * (SIDE + GAP) + GAP;
    BufferedImage sheet = new BufferedImage(wide, high, BufferedImage.TYPE_INT_RGB);
    Graphics2D pen = sheet.createGraphics();
    pen.setRenderingHint(
        RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
    pen.setColor(PAPER);
    pen.fillRect(0, 0, wide, high);
    for (int c = 0; c < columns.size(); c++) {
      head(pen, columns.get(c), LEFT + c * (SIDE + GAP));
    }
    for (int r = 0; r < rows.size(); r++) {
      int y = TOP + r * (SIDE + GAP);
      side(pen, rows.get(r), y);
      for (int c = 0; c < cells.get(r).size(); c++) {
        cell(pen, cells.get(r).get(c), LEFT + c * (SIDE + GAP), y);
      }
    }
    pen.dispose();
    return sheet;
  }

  /** A long name is broken at its last hyphen that leaves the first line short enough. */
  private static void head(Graphics2D pen, Label label, int x) {
    Font bold = new Font(Font.SANS_SERIF, Font.BOLD, 20);
    FontMetrics metrics = pen.getFontMetrics(bold);
    String first = label.name();
    String second = "";
    for (int cut = first.length() - 1; cut > 0 && metrics.stringWidth(first) > SIDE; cut--) {
      if (label.name().charAt(cut - 1) == '-') {
        first = label.name().substring(0, cut);
        second = label.name().substring(cut);
      }
    }
    pen.setFont(bold);
    pen.setColor(INK);
    pen.drawString(first, x, second.isEmpty() ? TOP - 36 : TOP - 58);
    pen.drawString(second, x, TOP - 36);
    pen.setFont(new Font(Font.SANS_SERIF, Font.PLAIN, 17));
    pen.setColor(PALE);
    pen.drawString(label.more(), x, TOP - 12);
  }

  private static void side(Graphics2D pen, Label label, int y) {
    pen.setFont(new Font(Font.SANS_SERIF, Font.BOLD, 22));
    pen.setColor(INK);
    pen.drawString(label.name(), 14, y + SIDE / 2 - 4);
    pen.setFont(new Font(Font.SANS_SERIF, Font.PLAIN, 16));
    pen.setColor(PALE);
    pen.drawString(label.more(), 14, y + SIDE / 2 + 20);
  }

  private void cell(Graphics2D pen, Cell cell, int x, int y) {
    pen.setColor(GROUND);
    pen.fillRect(x, y, SIDE, SIDE);
    float[] points = cell.points();
    for (int i = 0; i < points.length; i += 2) {
      int px = (int) Math.floor((points[i] - left) / range * SIDE);
      int py = SIDE - 1 - (int) Math.floor((points[i + 1] - bottom) / range * SIDE);
      if (px >= 0 && px < SIDE - 1 && py >= 0 && py < SIDE - 1) {
        pen.setColor(colour(px, SIDE - 1 - py));
        pen.fillRect(x + px, y + py, 2, 2);
      }
    }
    if (!cell.note().isEmpty()) {
      pen.setFont(new Font(Font.SANS_SERIF, Font.PLAIN, 15));
      pen.setColor(PALE);
      int width = pen.getFontMetrics().stringWidth(cell.note());
      pen.drawString(cell.note(), x + SIDE - width - 5, y + SIDE - 6);
    }
  }

  /** By the place alone, so that the same part of the plane has the same colour everywhere. */
  private static Color colour(int px, int py) {
    double across = (double) px / SIDE - 0.5;
    double up = (double) py / SIDE;
    double hue = 0.5 + Math.atan2(across, up + 0.05) / Math.PI;
    double step = Math.rint(hue * HUES) / HUES;
    return Color.getHSBColor((float) (0.95 - 0.85 * step), 0.78f, up < 0.28 ? 0.55f : 0.8f);
  }

  static String note(double distance) {
    return String.format(Locale.ROOT, "%.3f", distance).replaceFirst("^0", "");
  }
}
