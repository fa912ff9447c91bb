package dev.tessera.jobs.run;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * Draws one series as SVG: the values thin, their smoothed course over them. The drawing carries
 * the plotted numbers as {@code data-images} and {@code data-values}, exactly as logged.
 */
final class Chart {

  /** A long run is thinned to this many points: more than the drawing has pixels. */
  static final int MOST_POINTS = 2000;

  private static final double WIDTH = 520;
  private static final double HEIGHT = 250;
  private static final double LEFT = 52;
  private static final double RIGHT = 508;
  private static final double TOP = 12;
  private static final double BOTTOM = 212;
  private static final int SMOOTHED_FROM = 20;

  private final Series series;
  private final Axis x;
  private final Axis y;

  private Chart(Series series, long firstImages, long lastImages) {
    this.series = series;
    this.x = Axis.ofImages(firstImages, lastImages, LEFT, RIGHT);
    this.y = Axis.ofValues(series.values(), BOTTOM, TOP);
  }

  /** A figure with its title; all figures of a run share the axis from 0 to {@code lastImages}. */
  static String of(Series series, long lastImages) {
    return new Chart(series, 0, lastImages).figure();
  }

  private String figure() {
    Svg svg = new Svg().open(WIDTH, HEIGHT, series.name() + " against images seen");
    axes(svg);
    Series points = series.thinned(MOST_POINTS);
    svg.raw(
        "<g class=\"series\" data-kind=\"%s\" data-name=\"%s\" data-images=\"%s\""
            + " data-values=\"%s\">",
        series.kind().key(), Svg.escape(series.name()), images(points), values(points));
    boolean smooth = series.size() >= SMOOTHED_FROM;
    curve(svg, smooth ? "raw" : "curve", points);
    if (smooth) {
      curve(svg, "curve", series.smoothed(y.log()).thinned(MOST_POINTS));
    }
    marks(svg, points);
    svg.raw("</g>").close();
    return caption() + svg + "</figure>\n";
  }

  private String caption() {
    String kind = series.kind() == MetricLine.Kind.EVALUATION ? "held-out" : "";
    return String.format(
        Locale.ROOT,
        "<figure class=\"chart\"><figcaption><b>%s</b> <span>%s</span>"
            + "<output>%s</output></figcaption>%n",
        Svg.escape(series.name()),
        String.join(" ", kind, y.log() ? "log scale" : "").strip(),
        Svg.escape(Unit.text(series.name(), series.last())));
  }

  private void axes(Svg svg) {
    for (double tick : y.ticks(5)) {
      svg.line("grid", LEFT, y.at(tick), RIGHT, y.at(tick));
      svg.text("tick y", LEFT - 7, y.at(tick) + 3.5, Quantity.tick(tick));
    }
    for (double tick : x.ticks(6)) {
      svg.line("grid", x.at(tick), BOTTOM, x.at(tick), BOTTOM + 4);
      svg.text("tick x", x.at(tick), BOTTOM + 17, Quantity.tick(tick));
    }
    svg.line("axis", LEFT, BOTTOM, RIGHT, BOTTOM);
    svg.text("tick x", (LEFT + RIGHT) / 2, HEIGHT - 3, "images seen");
  }

  /** A line that is broken where a value cannot be drawn. */
  private void curve(Svg svg, String style, Series points) {
    StringBuilder path = new StringBuilder();
    boolean down = false;
    for (int i = 0; i < points.size(); i++) {
      double value = points.values()[i];
      boolean drawable = y.holds(value);
      if (drawable) {
        path.append(
            String.format(
                Locale.ROOT,
                "%s%.1f %.1f",
                down ? "L" : "M",
                x.at((double) points.images()[i]),
                y.at(value)));
      }
      down = drawable;
    }
    svg.raw("<path class=\"%s\" d=\"%s\"/>", style, path);
  }

  /** Dots where lines would not show: few points, and a cross for what no axis can hold. */
  private void marks(Svg svg, Series points) {
    for (int i = 0; i < points.size(); i++) {
      double value = points.values()[i];
      double at = x.at((double) points.images()[i]);
      if (!y.holds(value)) {
        svg.raw("<text class=\"lost\" x=\"%.1f\" y=\"%.1f\">×</text>", at, BOTTOM - 3);
      } else if (points.size() <= 40) {
        String title =
            Quantity.value(value) + " at " + Quantity.count(points.images()[i]) + " images";
        svg.circle("dot", at, y.at(value), title);
      }
    }
  }

  private static String images(Series points) {
    return Arrays.stream(points.images())
        .mapToObj(String::valueOf)
        .collect(Collectors.joining(" "));
  }

  private static String values(Series points) {
    return Arrays.stream(points.values())
        .mapToObj(String::valueOf)
        .collect(Collectors.joining(" "));
  }
}
