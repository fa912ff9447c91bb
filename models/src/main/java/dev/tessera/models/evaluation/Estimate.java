package dev.tessera.models.evaluation;

import java.util.Arrays;

/**
 * A value estimated from parts.
 *
 * @param value the mean over parts
 * @param deviation the parts' standard deviation; 0 of a single one
 */
public record Estimate(double value, double deviation) {

  /** Of one value a part. */
  static Estimate of(double... parts) {
    double mean = Arrays.stream(parts).average().orElse(Double.NaN);
    double squares = Arrays.stream(parts).map(v -> (v - mean) * (v - mean)).sum();
    return new Estimate(mean, Math.sqrt(squares / parts.length));
  }
}
