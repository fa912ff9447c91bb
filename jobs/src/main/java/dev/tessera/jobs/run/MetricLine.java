package dev.tessera.jobs.run;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * One line of {@code metrics.jsonl}: numbers measured at one moment of a run.
 *
 * @param step updates so far
 * @param images training images seen so far: the run's clock
 * @param seconds since the run's first start, pauses between attempts left out
 * @param values numbers by name, such as {@code loss}; they may be NaN or infinite
 */
public record MetricLine(
    Kind kind, long step, long images, double seconds, Map<String, Double> values) {

  /** What a line tells of. */
  public enum Kind {
    /** Means over the training steps since the last such line. */
    STEP,
    /** Measured on held-out images. */
    EVALUATION,
    /** A new attempt starts from a checkpoint of {@code images}: lines beyond it are superseded. */
    RESUME,
    /** Seconds from a loss to the next step, and what with; no part of the curve. */
    RECOVERY;

    String key() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  public MetricLine {
    values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
    if (step < 0) {
      throw new IllegalArgumentException("step: " + step + " (expected: 0 or more)");
    }
    if (images < 0) {
      throw new IllegalArgumentException("images: " + images + " (expected: 0 or more)");
    }
  }

  public static MetricLine step(
      long step, long images, double seconds, Map<String, Double> values) {
    return new MetricLine(Kind.STEP, step, images, seconds, values);
  }

  public static MetricLine evaluation(
      long step, long images, double seconds, Map<String, Double> values) {
    return new MetricLine(Kind.EVALUATION, step, images, seconds, values);
  }
}
