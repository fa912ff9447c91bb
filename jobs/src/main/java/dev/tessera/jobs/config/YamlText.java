package dev.tessera.jobs.config;

import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/** Scalars as YAML text that every YAML reader takes for what it is. */
final class YamlText {

  private static final Pattern PLAIN = Pattern.compile("[A-Za-z/][A-Za-z0-9_./-]*");

  /** Words that some version of YAML takes for something else than a text. */
  private static final Set<String> RESERVED =
      Set.of("true", "false", "null", "yes", "no", "on", "off", "y", "n");

  private YamlText() {}

  /** {@code 1e-4} and {@code 0.5}: the shortest text that gives the same number. */
  static String of(double number) {
    if (Double.isNaN(number)) {
      return ".nan";
    }
    if (Double.isInfinite(number)) {
      return number > 0 ? ".inf" : "-.inf";
    }
    return Double.toString(number).replace(".0E", "E").replace('E', 'e');
  }

  static String of(String text) {
    boolean plain =
        PLAIN.matcher(text).matches() && !RESERVED.contains(text.toLowerCase(Locale.ROOT));
    return plain ? text : quoted(text);
  }

  private static String quoted(String text) {
    StringBuilder out = new StringBuilder("\"");
    text.codePoints().forEach(point -> append(out, point));
    return out.append('"').toString();
  }

  private static void append(StringBuilder out, int point) {
    switch (point) {
      case '"' -> out.append("\\\"");
      case '\\' -> out.append("\\\\");
      case '\n' -> out.append("\\n");
      case '\t' -> out.append("\\t");
      default -> {
        boolean readable =
            (point >= ' ' && point < 0x7f) || (Character.isLetterOrDigit(point) && point < 0xd800);
        if (readable) {
          out.appendCodePoint(point);
        } else {
          out.append(String.format(Locale.ROOT, point > 0xffff ? "\\U%08X" : "\\u%04X", point));
        }
      }
    }
  }
}
