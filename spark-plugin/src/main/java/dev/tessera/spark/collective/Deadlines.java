package dev.tessera.spark.collective;

import java.time.Duration;

/**
 * How long a rank waits for its peers.
 *
 * @param connect for all ranks to be connected
 * @param stallWarning without a byte moved in an operation, before it is logged who is missing
 * @param failure without a byte moved in an operation, before it fails
 */
public record Deadlines(Duration connect, Duration stallWarning, Duration failure) {

  public Deadlines {
    positive("connect", connect);
    positive("stallWarning", stallWarning);
    positive("failure", failure);
    if (failure.compareTo(stallWarning) < 0) {
      throw new IllegalArgumentException(
          "failure: " + failure + " (expected: at least stallWarning, " + stallWarning + ")");
    }
  }

  /** 60 s to connect, a warning after 30 s without progress, failure after 120 s. */
  public static Deadlines standard() {
    return new Deadlines(Duration.ofSeconds(60), Duration.ofSeconds(30), Duration.ofSeconds(120));
  }

  private static void positive(String name, Duration duration) {
    if (duration.isNegative() || duration.isZero()) {
      throw new IllegalArgumentException(name + ": " + duration + " (expected: more than zero)");
    }
  }
}
