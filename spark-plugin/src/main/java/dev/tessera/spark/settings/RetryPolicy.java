package dev.tessera.spark.settings;

import java.io.Serializable;
import java.time.Duration;

/**
 * When a gang that failed is started again: after {@code n} failures in a row the pause is {@code
 * backoff * 2^(n-1)}, at most {@code maxBackoff}. A new checkpoint ends a row.
 *
 * @param maxAttempts attempts in a row that may fail; the last of them is not followed by another
 */
public record RetryPolicy(int maxAttempts, Duration backoff, Duration maxBackoff)
    implements Serializable {

  public RetryPolicy {
    if (maxAttempts < 1) {
      throw new IllegalArgumentException("maxAttempts: " + maxAttempts + " (expected: 1 or more)");
    }
    if (backoff.isNegative()) {
      throw new IllegalArgumentException("backoff: " + backoff + " (expected: 0 or more)");
    }
    if (maxBackoff.compareTo(backoff) < 0) {
      throw new IllegalArgumentException(
          "maxBackoff: " + maxBackoff + " (expected: at least backoff, " + backoff + ")");
    }
  }

  /** No second attempt. */
  public static RetryPolicy never() {
    return new RetryPolicy(1, Duration.ZERO, Duration.ZERO);
  }

  public boolean allowsAfter(int failures) {
    return failures < maxAttempts;
  }

  /** The pause after {@code failures} failures, 1 or more. */
  public Duration pauseAfter(int failures) {
    double millis = backoff.toMillis() * Math.pow(2, failures - 1);
    return Duration.ofMillis((long) Math.min(millis, (double) maxBackoff.toMillis()));
  }
}
