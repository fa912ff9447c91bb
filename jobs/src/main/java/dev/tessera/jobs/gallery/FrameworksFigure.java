package dev.tessera.jobs.gallery;

import dev.tessera.models.diffusion.sampler.Grid;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Line2D;
import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The trajectories of four frameworks on each other, and how far apart they are: positions over
 * their marginal deviation against the logarithm of sigma.
 */
final class FrameworksFigure {

  private static final int WIDE = 1200;
  private static final int HIGH = 620;
  private static final int LEFT = 90;
  private static final int RIGHT = 760;
  private static final int TOP = 70;
  private static final int BOTTOM = 540;
  private static final int LEVELS = 12;
  private static final double[] STARTS = {-1.8, -1.1, -.55, -.1, .35, .8, 1.2, 1.9};
  private static final Color INK = new Color(0x1c2430);
  private static final Color PALE = new Color(0x667085);
  private static final Color FAINT = new Color(0xe4e7ec);
  private static final Color[] COLOURS = {
    new Color(0x2563eb), new Color(0xd97706), new Color(0x059669), new Color(0xdb2777)
  };

  private final double[] sigmas = Grid.Karras.defaults().sigmas(LEVELS);

  BufferedImage draw() {
    BufferedImage sheet = new BufferedImage(WIDE, HIGH, BufferedImage.TYPE_INT_RGB);
    Graphics2D pen = sheet.createGraphics();
    pen.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
    pen.setRenderingHint(
        RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
    pen.setColor(Color.WHITE);
    pen.fillRect(0, 0, WIDE, HIGH);
    List<FourFrameworks> all = new ArrayList<>();
    for (double start : STARTS) {
      all.add(FourFrameworks.follow(sigmas, start));
    }
    axes(pen);
    for (FourFrameworks four : all) {
      for (int f = 0; f < COLOURS.length; f++) {
        curve(pen, four.trajectories().get(f).positions(), f);
      }
    }
    legend(pen, all);
    pen.dispose();
    return sheet;
  }

  /** Levels are drawn evenly, the last of them 0. */
  private double x(int level) {
    return LEFT + (double) level / LEVELS * (RIGHT - LEFT);
  }

  /** The deviation of three bells is .7 or so. */
  private double y(int level, double position) {
    double scaled = position / Math.hypot(0.7, sigmas[level]);
    return (TOP + BOTTOM) / 2.0 - scaled / 2.2 * (BOTTOM - TOP) / 2;
  }

  private void axes(Graphics2D pen) {
    pen.setFont(new Font(Font.SANS_SERIF, Font.BOLD, 22));
    pen.setColor(INK);
    pen.drawString("Four frameworks, one update", LEFT, 38);
    pen.setFont(new Font(Font.SANS_SERIF, Font.PLAIN, 15));
    for (int i = 0; i <= LEVELS; i++) {
      pen.setColor(FAINT);
      pen.draw(new Line2D.Double(x(i), TOP, x(i), BOTTOM));
      pen.setColor(PALE);
      String text =
          sigmas[i] >= 10
              ? String.format(Locale.ROOT, "%.0f", sigmas[i])
              : String.format(
                  Locale.ROOT,
                  sigmas[i] == 0 ? "%.0f" : sigmas[i] < 0.01 ? "%.1g" : "%.2g",
                  sigmas[i]);
      int width = pen.getFontMetrics().stringWidth(text);
      pen.drawString(text, (float) (x(i) - width / 2.0), BOTTOM + 24);
    }
    pen.drawString("noise level σ", LEFT, BOTTOM + 52);
    pen.rotate(-Math.PI / 2);
    pen.drawString("x / deviation of its law", -(TOP + BOTTOM) / 2 - 80, LEFT - 30);
    pen.rotate(Math.PI / 2);
  }

  /** Each framework as rings of its own size, the last innermost, so that all can be seen. */
  private void curve(Graphics2D pen, List<Double> positions, int f) {
    pen.setColor(COLOURS[f]);
    pen.setStroke(
        f == 0
            ? new BasicStroke(2f)
            : new BasicStroke(
                2f, BasicStroke.CAP_BUTT, BasicStroke.JOIN_ROUND, 1, new float[] {6, 18}, 6f * f));
    for (int i = 0; i < LEVELS; i++) {
      pen.draw(
          new Line2D.Double(
              x(i), y(i, positions.get(i)), x(i + 1), y(i + 1, positions.get(i + 1))));
    }
    pen.setStroke(new BasicStroke(1.6f));
    double radius = 8 - 2.0 * f;
    for (int i = 0; i <= LEVELS; i++) {
      double cy = y(i, positions.get(i));
      pen.draw(new Ellipse2D.Double(x(i) - radius, cy - radius, 2 * radius, 2 * radius));
    }
  }

  private static void legend(Graphics2D pen, List<FourFrameworks> all) {
    int x = RIGHT + 40;
    int y = TOP + 20;
    for (int f = 0; f < COLOURS.length; f++) {
      int framework = f;
      double farthest =
          all.stream()
              .mapToDouble(four -> four.farthest(four.trajectories().get(framework)))
              .max()
              .orElseThrow();
      pen.setColor(COLOURS[f]);
      pen.setStroke(new BasicStroke(3f));
      double radius = 8 - 2.0 * f;
      pen.draw(new Ellipse2D.Double(x + 8 - radius, y - 6 - radius, 2 * radius, 2 * radius));
      pen.setColor(INK);
      pen.setFont(new Font(Font.SANS_SERIF, Font.BOLD, 18));
      pen.drawString(all.get(0).trajectories().get(f).name(), x + 28, y);
      pen.setColor(PALE);
      pen.setFont(new Font(Font.SANS_SERIF, Font.PLAIN, 15));
      pen.drawString(VARIABLES[f], x + 28, y + 24);
      String apart =
          f == 0
              ? "the first"
              : String.format(Locale.ROOT, "apart from the first by at most %.1e", farthest);
      pen.drawString(apart, x + 28, y + 46);
      y += 100;
    }
    pen.drawString("of 8 trajectories on the ideal denoiser", x, y + 6);
    pen.drawString("of three bells, float64, relative", x, y + 28);
  }

  private static final String[] VARIABLES = {
    "x_t = (1 − t) x₀ + t ε,  velocity ε − x₀",
    "x_t = √ᾱ x₀ + √(1 − ᾱ) ε,  predicts ε",
    "x = x₀ + σ ε,  dx/dσ = (x − D) / σ",
    "λ = −ln σ,  data held fast over a step"
  };
}
