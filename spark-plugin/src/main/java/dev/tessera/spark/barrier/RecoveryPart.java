package dev.tessera.spark.barrier;

/**
 * What a gang is busy with between the loss of a rank and the work of the next attempt, in order.
 */
public enum RecoveryPart {
  /** From the driver's first word of the failure until the attempt is over. */
  FAILURE,
  /** The retry policy's pause; executors are replaced meanwhile. */
  PAUSE,
  /** Until there are task slots for all ranks. */
  EXECUTORS,
  /** Until all ranks of the next attempt have met. */
  RANKS,
  /** Until each has libtorch. */
  LIBRARY,
  /** Until each has traced and loaded its programs; rows and checkpoint are read meanwhile. */
  PROGRAMS,
  /** Until each has its rows. */
  ROWS,
  /** Until each has the checkpoint's state. */
  STATE,
  /** Until the first step is done. */
  FIRST_STEP
}
