package dev.tessera.spark.barrier;

import dev.tessera.models.train.Collective;
import dev.tessera.models.train.SingleProcess;
import dev.tessera.spark.barrier.GangReply.Assigned;
import dev.tessera.spark.collective.Peer;
import dev.tessera.spark.collective.RunIdentity;
import dev.tessera.spark.collective.TcpCollective;
import dev.tessera.spark.collective.TcpListener;
import dev.tessera.spark.device.DeviceAssignment;
import java.io.Serializable;
import java.util.List;
import java.util.concurrent.Callable;

/** What happens on the rank thread: connects to the peers, runs the task, and breaks loudly. */
final class RankBody<R extends Serializable> implements Callable<R> {

  private final RankPlan<R> plan;
  private final Assigned place;
  private final TcpListener listener;
  private final DeviceAssignment device;
  private final AbortSwitch abort;

  RankBody(
      RankPlan<R> plan,
      Assigned place,
      TcpListener listener,
      DeviceAssignment device,
      AbortSwitch abort) {
    this.plan = plan;
    this.place = place;
    this.listener = listener;
    this.device = device;
    this.abort = abort;
  }

  @Override
  public R call() throws Exception {
    try (Collective collective = connect();
        GangRank rank = new GangRank(plan, place, collective, device)) {
      abort.add(() -> collective.abort("the attempt was cut short"));
      try {
        return plan.task().run(rank);
      } catch (Throwable e) {
        // Peers must not wait for their deadline to learn of it.
        collective.abort("rank " + place.rank() + " failed: " + e);
        throw e;
      }
    }
  }

  private Collective connect() throws Exception {
    if (plan.size() == 1) {
      listener.close(); // nobody will call
      return new SingleProcess();
    }
    AttemptId attempt = plan.attempt();
    TcpCollective collective = connectTcp();
    collective.onWarning(
        text -> GangChannel.send(new GangMessage.Warned(attempt, place.rank(), text)));
    return collective;
  }

  private List<String> hosts() {
    return place.places().stream().map(RankPlace::host).toList();
  }

  /** What this rank proves to the others, its choice to seal among it. */
  RunIdentity identity() {
    AttemptId attempt = plan.attempt();
    return new RunIdentity(
        attempt.runId(),
        attempt.number(),
        GangSecret.of(attempt, place.secret()),
        plan.settings().network().encryption().seals(listener.address(), hosts()));
  }

  private TcpCollective connectTcp() {
    return TcpCollective.connect(
        listener,
        identity(),
        place.rank(),
        place.places().stream().map(p -> new Peer(p.rank(), p.host(), p.port())).toList(),
        plan.algorithm(),
        plan.settings().timeouts());
  }
}
