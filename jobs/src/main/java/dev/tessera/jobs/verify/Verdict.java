package dev.tessera.jobs.verify;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * One closed form beside what was measured.
 *
 * @param topic what it is about, in a word or two
 * @param what the statement
 * @param expected by the closed form
 * @param measured by running the real thing
 * @param tolerance greatest difference that passes
 */
record Verdict(String topic, String what, double expected, double measured, double tolerance) {

  /** That a difference is none. */
  static Verdict equal(String topic, String what, double difference, double tolerance) {
    return new Verdict(topic, what, 0, difference, tolerance);
  }

  /** Not so if the measure is no number. */
  boolean passes() {
    return Math.abs(measured - expected) <= tolerance;
  }

  String line() {
    return String.format(
        Locale.ROOT,
        "%-6s %-12s %-62s %16s %16s   off %-8s of %-8s",
        passes() ? "ok" : "FAILED",
        topic,
        what,
        number(expected),
        number(measured),
        small(Math.abs(measured - expected)),
        small(tolerance));
  }

  private static String number(double value) {
    double size = Math.abs(value);
    boolean plain = value == 0 || (size >= 1e-4 && size < 1e7);
    return plain
        ? String.format(Locale.ROOT, "%.9f", value)
        : String.format(Locale.ROOT, "%.8e", value);
  }

  private static String small(double value) {
    return value == 0 ? "0" : String.format(Locale.ROOT, "%.1e", value);
  }

  Map<String, Object> fields() {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("topic", topic);
    fields.put("what", what);
    fields.put("expected", expected);
    fields.put("measured", measured);
    fields.put("tolerance", tolerance);
    fields.put("passes", passes());
    return fields;
  }
}
