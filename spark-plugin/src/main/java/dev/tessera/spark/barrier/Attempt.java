package dev.tessera.spark.barrier;

import dev.tessera.spark.barrier.GangMessage.Failed;
import dev.tessera.spark.barrier.GangMessage.Register;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * The driver's side of one attempt: answers its ranks at once and queues events for the controller.
 */
final class Attempt {

  private final AttemptId id;
  private final byte[] secret;
  private final Rendezvous rendezvous;
  private final BlockingQueue<GangEvent> events = new LinkedBlockingQueue<>();
  private boolean met;

  Attempt(AttemptId id, int size, byte[] secret) {
    this.id = id;
    this.secret = secret.clone();
    this.rendezvous = new Rendezvous(size);
  }

  AttemptId id() {
    return id;
  }

  BlockingQueue<GangEvent> events() {
    return events;
  }

  List<Integer> missing() {
    return rendezvous.missing();
  }

  /** Never blocks. */
  GangReply answer(GangMessage message) {
    if (message instanceof Register register) {
      return answer(register);
    }
    if (message instanceof GangMessage.Report report) {
      events.add(new GangEvent.Message(report.rank(), report.payload()));
    } else if (message instanceof GangMessage.Warned warned) {
      events.add(new GangEvent.Warning(where(warned.rank()), warned.text()));
    } else if (message instanceof Failed failed) {
      events.add(new GangEvent.Failure(failed.rank(), where(failed), failed.told()));
    }
    return new GangReply.Noted();
  }

  private synchronized GangReply answer(Register register) {
    if (!rendezvous.register(register)) {
      return new GangReply.Waiting(rendezvous.missing());
    }
    if (!met) {
      met = true;
      events.add(new GangEvent.Met(rendezvous.places()));
    }
    return new GangReply.Assigned(
        rendezvous.rankOf(register.partition()), rendezvous.places(), secret.clone());
  }

  private String where(int rank) {
    return rendezvous.places().stream()
        .filter(place -> place.rank() == rank)
        .map(place -> "rank " + rank + " on " + place.host())
        .findFirst()
        .orElse("rank " + rank);
  }

  private String where(Failed failed) {
    Register at = rendezvous.registration(failed.partition());
    String rank = failed.rank() < 0 ? "a rank" : "rank " + failed.rank();
    return at == null ? rank : rank + " on " + at.host();
  }
}
