package dev.tessera.jobs.run;

import dev.tessera.models.evaluation.CodebookUsage;
import java.util.Arrays;
import java.util.Locale;

/** Draws how often the codes of a codebook are used, the most used first, on a log scale. */
final class CodebookChart {

  private static final double WIDTH = 1060;
  private static final double HEIGHT = 220;
  private static final double LEFT = 52;
  private static final double RIGHT = 1048;
  private static final double TOP = 12;
  private static final double BOTTOM = 182;
  private static final int MOST_BARS = 512;

  private CodebookChart() {}

  /** A figure with used codes, share and perplexity in its title. */
  static String of(long[] counts) {
    long[] sorted = Arrays.stream(counts).sorted().toArray();
    long[] falling = new long[sorted.length];
    for (int i = 0; i < sorted.length; i++) {
      falling[i] = sorted[sorted.length - 1 - i];
    }
    CodebookUsage usage = CodebookUsage.of(counts);
    Svg svg = new Svg().open(WIDTH, HEIGHT, "uses of each code");
    draw(svg, falling);
    return String.format(
        Locale.ROOT,
        "<figure class=\"chart wide\"><figcaption><b>uses of each code</b> <span>most used first,"
            + " log scale</span><output>%s of %s used (%.0f %%), perplexity %s</output>"
            + "</figcaption>%n%s</figure>%n",
        Quantity.count(usage.used()),
        Quantity.count(counts.length),
        100 * usage.usage(),
        Quantity.rate(usage.used() == 0 ? 0 : usage.perplexity()),
        svg.close());
  }

  private static void draw(Svg svg, long[] falling) {
    Axis y = new Axis(0.5, Math.max(2, falling[0]) * 1.2, true, BOTTOM, TOP);
    for (double tick : y.ticks(5)) {
      svg.line("grid", LEFT, y.at(tick), RIGHT, y.at(tick));
      svg.text("tick y", LEFT - 7, y.at(tick) + 3.5, Quantity.tick(tick));
    }
    int bars = Math.min(falling.length, MOST_BARS);
    double each = (RIGHT - LEFT) / bars;
    for (int i = 0; i < bars; i++) {
      long count = falling[(int) ((long) i * falling.length / bars)];
      if (count > 0) {
        double top = y.at((double) count);
        svg.bar("bar", LEFT + i * each, top, each * 0.86, BOTTOM - top);
      }
    }
    svg.line("axis", LEFT, BOTTOM, RIGHT, BOTTOM);
    Axis x = new Axis(0, falling.length, false, LEFT, RIGHT);
    for (double tick : x.ticks(8)) {
      svg.text("tick x", x.at(tick), BOTTOM + 17, Quantity.tick(tick));
    }
    svg.text("tick x", (LEFT + RIGHT) / 2, HEIGHT - 3, "codes");
  }
}
