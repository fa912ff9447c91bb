package dev.tessera.models.train;

/**
 * A number that a phase reports of every step: the mean over the global batch.
 *
 * @param name in reports and in {@code metrics.jsonl}
 */
public record Metric(String name) {}
