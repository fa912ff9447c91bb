package dev.tessera.spark.barrier;

import java.io.Serializable;
import java.util.List;

/** Hears of a gang on the driver. All calls come from the thread that called {@link Gang#run}. */
public interface GangListener {

  /** Executors are awaited; {@code sentence} says how many and for how long. */
  default void onWaiting(String sentence) {}

  /** All ranks of an attempt have met; {@code places} are in order of rank. */
  default void onAttempt(int attempt, List<RankPlace> places) {}

  /** A rank of the running attempt called {@link RankContext#report}. */
  default void onMessage(int rank, Serializable message) {}

  /** An attempt failed. The rank is -1 when no rank could tell, as when its executor was lost. */
  default void onFailure(int rank, Throwable cause) {}

  /** The driver has its first word of a failure; what else fails until the next attempt follows. */
  default void onLoss() {}

  /** A part of the recovery is over, up to {@link RecoveryPart#RANKS}. */
  default void onRecovery(RecoveryPart over) {}

  /** The gang starts again after {@code failure}. */
  default void onRetry(int nextAttempt, String failure) {}

  /**
   * How far the work is that no failure undoes, such as the images of the newest checkpoint: a
   * number that grows. Failures are counted anew when it has.
   */
  default long kept() {
    return 0;
  }

  /** An operation does not move; {@code sentence} names the rank that waits, and for whom. */
  default void onWarning(String sentence) {}

  /** Hears nothing. */
  static GangListener silent() {
    return new GangListener() {};
  }
}
