package dev.tessera.spark.settings;

import java.io.Serializable;
import java.time.Duration;

/**
 * How long a gang waits. Nothing waits for ever.
 *
 * @param connect until all ranks of an attempt have met and their sockets are open
 * @param stallWarning until a collective operation that makes no progress is told
 * @param failure until it is given up
 */
public record Timeouts(Duration connect, Duration stallWarning, Duration failure)
    implements Serializable {

  public Timeouts {
    requirePositive("connect", connect);
    requirePositive("stallWarning", stallWarning);
    requirePositive("failure", failure);
    if (stallWarning.compareTo(failure) > 0) {
      throw new IllegalArgumentException(
          "stallWarning: " + stallWarning + " (expected: at most failure, " + failure + ")");
    }
  }

  /** 60 s to connect, a warning after 30 s without progress, failure after 120 s. */
  public static Timeouts standard() {
    return TesseraSettings.defaults().timeouts();
  }

  private static void requirePositive(String name, Duration value) {
    if (value.isNegative() || value.isZero()) {
      throw new IllegalArgumentException(name + ": " + value + " (expected: more than 0)");
    }
  }
}
