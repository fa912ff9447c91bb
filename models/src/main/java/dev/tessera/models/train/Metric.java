package dev.tessera.models.train;

import java.util.OptionalDouble;

/**
 * A number that a phase reports of every step: the mean over the global batch.
 *
 * @param name in reports and in {@code metrics.jsonl}
 */
public record Metric(String name) {

  /** Its value in a step; empty where the phase did not run, or the step was skipped. */
  public OptionalDouble in(StepReport report) {
    Double value = report.values().get(name);
    return value == null ? OptionalDouble.empty() : OptionalDouble.of(value);
  }
}
