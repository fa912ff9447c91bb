package dev.tessera.spark.training;

import dev.tessera.spark.barrier.RankPlace;
import dev.tessera.spark.barrier.RecoveryPart;
import java.util.List;

/** Hears of a training run on the driver, from the thread that runs it. */
public interface TrainingListener {

  /** A step does not move; the sentence says which rank waits for whom. */
  default void onWarning(String sentence) {}

  /** Executors are awaited. */
  default void onWaiting(String sentence) {}

  /**
   * All ranks of an attempt have met.
   *
   * @param images images seen by the checkpoint it goes on from; 0 for none
   */
  void onAttempt(int attempt, List<RankPlace> ranks, long images);

  /** The driver has its first word of a failure. */
  default void onLoss() {}

  /** A part of the recovery is over, up to {@link RecoveryPart#RANKS}. */
  default void onRecovery(RecoveryPart over) {}

  /** A rank told something. */
  void onMessage(int rank, TrainingMessage message);

  /** The gang starts again. */
  void onRetry(int nextAttempt, String failure);
}
