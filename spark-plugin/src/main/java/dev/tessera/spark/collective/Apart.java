package dev.tessera.spark.collective;

import java.time.Duration;

/**
 * What a rank does beside all calls and has told.
 *
 * @param what as in "is busy with its checkpoint"; empty for nothing
 * @param since of {@link System#nanoTime}
 * @param atMost when it is over although the rank has entered no call; null for never
 */
record Apart(String what, long since, Duration atMost) {

  static final Apart NOTHING = new Apart("", 0, null);

  static Apart begins(String what) {
    return new Apart(what, System.nanoTime(), null);
  }

  /**
   * The work has ended. Peers count from their own entry to a call, and this rank has the rest of a
   * step to do before its own: for that it has as long as any rank ever has.
   */
  Apart ends(Duration failure) {
    return new Apart("the step after " + what, System.nanoTime(), failure);
  }

  /** What peers are told now. */
  String told() {
    boolean over = atMost != null && System.nanoTime() - since > atMost.toNanos();
    return over ? "" : what;
  }
}
