package dev.tessera.spark.barrier;

import java.io.Serializable;

/** What a rank says to the driver. */
sealed interface GangMessage extends Serializable {

  AttemptId attempt();

  /** An executor has opened its line; of no attempt. */
  record Hello() implements GangMessage {
    @Override
    public AttemptId attempt() {
      return AttemptId.NONE;
    }
  }

  /** Here I am; sent again until the answer is an assignment. */
  record Register(AttemptId attempt, int partition, String host, int port, long pid)
      implements GangMessage {}

  /** A message of the rank's task, still serialised: only the listener's side knows its class. */
  @SuppressWarnings("ArrayRecordComponent")
  record Report(AttemptId attempt, int rank, byte[] payload) implements GangMessage {}

  /** The rank failed; {@code rank} is -1 before one was assigned. */
  record Failed(AttemptId attempt, int partition, int rank, ToldFailure told)
      implements GangMessage {}

  /** An operation of this rank does not move. */
  record Warned(AttemptId attempt, int rank, String text) implements GangMessage {}

  /** Nothing more will come from this rank. */
  record Finished(AttemptId attempt, int rank) implements GangMessage {}
}
