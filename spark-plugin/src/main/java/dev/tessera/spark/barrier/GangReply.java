package dev.tessera.spark.barrier;

import java.io.Serializable;
import java.util.List;

/** What the driver answers. */
sealed interface GangReply extends Serializable {

  /** To an executor that has opened its line: whether a gang runs whose ranks need libtorch. */
  record Welcome(boolean libtorch) implements GangReply {}

  /** Heard. */
  record Noted() implements GangReply {}

  /** Not all ranks have registered yet; these partitions are missing. */
  record Waiting(List<Integer> missing) implements GangReply {}

  /** All ranks have registered; the secret is empty where ranks derive it, {@link GangSecret}. */
  @SuppressWarnings("ArrayRecordComponent")
  record Assigned(int rank, List<RankPlace> places, byte[] secret) implements GangReply {

    /** Without the secret, so that it reaches no log. */
    @Override
    public String toString() {
      return "rank " + rank + " of " + places;
    }
  }

  /** The attempt is over. */
  record Over() implements GangReply {}
}
