package dev.tessera.spark.barrier;

import dev.tessera.models.train.CollectiveException;
import dev.tessera.spark.barrier.GangReply.Assigned;
import dev.tessera.spark.collective.TcpListener;
import dev.tessera.spark.device.DeviceAssignment;
import dev.tessera.spark.device.ExecutorEnd;
import dev.tessera.spark.device.RankThread;
import dev.tessera.spark.device.RuinedGpu;
import dev.tessera.spark.settings.Timeouts;
import java.io.Serializable;
import java.util.concurrent.ExecutionException;
import org.apache.spark.TaskContext;
import org.apache.spark.util.TaskInterruptListener;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A barrier task on its way to being a rank: listens, meets the others through the driver, runs the
 * gang's task on a rank thread, and tells the driver how it ended.
 */
final class Rank<R extends Serializable> {

  private static final Logger LOG = LoggerFactory.getLogger(Rank.class);

  private final RankPlan<R> plan;
  private final TaskContext context;
  private final AbortSwitch abort = new AbortSwitch();
  private int rank = -1;

  Rank(RankPlan<R> plan, TaskContext context) {
    this.plan = plan;
    this.context = context;
  }

  RankResult<R> run() {
    // Before the rendezvous: from here on a kill unblocks whatever this rank waits in.
    context.addTaskInterruptListener((TaskInterruptListener) (task, reason) -> abort.abort());
    try {
      ExecutorEnd.holdIfNear();
      DeviceAssignment device = DeviceAssignment.of(context);
      if (plan.gpu()) {
        device = device.onGpu(GangChannel.inDriver());
      }
      String host = ListenAddress.choose(plan.settings().preferredSubnet(), GangChannel.host());
      try (TcpListener listener = TcpListener.bind(host, plan.settings().network().ports())) {
        abort.add(listener::close);
        Assigned place =
            new RendezvousCall(plan, context.partitionId(), abort).meet(host, listener);
        rank = place.rank();
        R value = onRankThread(new RankBody<>(plan, place, listener, device, abort));
        GangChannel.ask(new GangMessage.Finished(plan.attempt(), rank));
        return new RankResult<>(rank, value);
      }
    } catch (BrokenLineException e) {
      LOG.error("{}", e.getMessage(), e);
      if (!GangChannel.inDriver()) {
        ExecutorEnd.after(context, ExecutorEnd.BROKEN_LINE);
      }
      throw e;
    } catch (Throwable e) {
      tell(e);
      if (plan.gpu()) {
        RuinedGpu.endExecutor(GangChannel.inDriver());
      }
      throw e instanceof RuntimeException unchecked ? unchecked : new IllegalStateException(e);
    }
  }

  private R onRankThread(RankBody<R> body) throws Throwable {
    RankThread.Run<R> run =
        RankThread.start(
            "tessera-rank-" + rank, Thread.currentThread().getContextClassLoader(), body);
    abort.add(run::interrupt);
    try {
      return run.get();
    } catch (ExecutionException e) {
      throw e.getCause();
    } catch (InterruptedException e) {
      abort.abort();
      Thread.currentThread().interrupt();
      throw new CollectiveException("The attempt was cancelled", e);
    } finally {
      awaitEnd(run);
    }
  }

  /** A slot must not be given back while its rank still computes. */
  private void awaitEnd(RankThread.Run<R> run) {
    Timeouts timeouts = plan.settings().timeouts();
    boolean interrupted = Thread.interrupted();
    try {
      if (!run.awaitEnd(timeouts.failure().toMillis())) {
        LOG.warn("Rank {} of {} does not stop; its slot is given back", rank, plan.attempt());
      }
    } catch (InterruptedException e) {
      interrupted = true;
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void tell(Throwable cause) {
    if (abort.thrown()) {
      return; // Cut short from outside: the driver knows why.
    }
    try {
      GangChannel.ask(
          new GangMessage.Failed(
              plan.attempt(), context.partitionId(), rank, ToldFailure.of(cause)));
    } catch (Exception e) {
      LOG.warn("Cannot tell the driver of rank {}'s failure", rank, e);
    }
  }
}
