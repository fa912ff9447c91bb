package dev.tessera.jobs.run;

import java.util.Locale;

/** Text of a vector drawing, and of the page around it. */
final class Svg {

  private final StringBuilder out = new StringBuilder();

  static String escape(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }

  Svg open(double width, double height, String label) {
    return raw(
        "<svg viewBox=\"0 0 %.0f %.0f\" role=\"img\" aria-label=\"%s\">",
        width, height, escape(label));
  }

  Svg line(String style, double x1, double y1, double x2, double y2) {
    return raw(
        "<line class=\"%s\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>",
        style, x1, y1, x2, y2);
  }

  Svg text(String style, double x, double y, String text) {
    return raw("<text class=\"%s\" x=\"%.1f\" y=\"%.1f\">%s</text>", style, x, y, escape(text));
  }

  /** A rectangle; {@code title} shows under the pointer. */
  Svg bar(String style, double x, double y, double width, double height) {
    return raw(
        "<rect class=\"%s\" x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"%.2f\"/>",
        style, x, y, width, height);
  }

  Svg circle(String style, double x, double y, String title) {
    return raw(
        "<circle class=\"%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"2.6\"><title>%s</title></circle>",
        style, x, y, escape(title));
  }

  Svg raw(String format, Object... arguments) {
    out.append(String.format(Locale.ROOT, format, arguments)).append('\n');
    return this;
  }

  Svg close() {
    out.append("</svg>\n");
    return this;
  }

  @Override
  public String toString() {
    return out.toString();
  }
}
