package dev.tessera.spark.barrier;

import java.util.List;

/** What the driver's side of an attempt tells its controller. */
sealed interface GangEvent {

  record Met(List<RankPlace> places) implements GangEvent {}

  @SuppressWarnings("ArrayRecordComponent")
  record Message(int rank, byte[] payload) implements GangEvent {}

  /** A rank's operation does not move; {@code where} names it. */
  record Warning(String where, String text) implements GangEvent {}

  /** {@code where} names the rank and its host for a sentence. */
  record Failure(int rank, String where, ToldFailure told) implements GangEvent {}
}
