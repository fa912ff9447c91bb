package dev.tessera.spark.barrier;

import dev.tessera.models.train.CollectiveException;
import dev.tessera.spark.barrier.GangReply.Assigned;
import dev.tessera.spark.collective.TcpListener;
import java.time.Duration;

/** A rank's side of the rendezvous: registers until the driver's answer is an assignment. */
final class RendezvousCall {

  private static final long POLL_MILLIS = 20;

  private final RankPlan<?> plan;
  private final int partition;
  private final AbortSwitch abort;

  RendezvousCall(RankPlan<?> plan, int partition, AbortSwitch abort) {
    this.plan = plan;
    this.partition = partition;
    this.abort = abort;
  }

  /**
   * Announces the listener and waits for the others.
   *
   * @throws CollectiveException if the attempt ends, or the deadline passes; the message names the
   *     partitions that are missing
   */
  Assigned meet(String host, TcpListener listener) throws Exception {
    GangMessage.Register register =
        new GangMessage.Register(
            plan.attempt(), partition, host, listener.port(), ProcessHandle.current().pid());
    Duration deadline = plan.settings().timeouts().connect();
    long start = System.nanoTime();
    while (true) {
      GangReply reply = GangChannel.ask(register);
      if (reply instanceof Assigned assigned) {
        return assigned;
      }
      if (reply instanceof GangReply.Over || abort.thrown()) {
        throw new CollectiveException(plan.attempt() + " is over");
      }
      if (System.nanoTime() - start > deadline.toNanos()) {
        throw new CollectiveException(
            "partitions "
                + ((GangReply.Waiting) reply).missing()
                + " of "
                + plan.size()
                + " did not arrive within "
                + deadline.toSeconds()
                + " s");
      }
      Thread.sleep(POLL_MILLIS);
    }
  }
}
