package dev.tessera.spark.barrier;

import dev.tessera.models.runtime.TorchRuntime;
import dev.tessera.models.train.Collective;
import dev.tessera.spark.barrier.GangReply.Assigned;
import dev.tessera.spark.collective.NcclCollective;
import dev.tessera.spark.collective.TcpCollective;
import dev.tessera.spark.device.DeviceAssignment;
import java.io.Serializable;

/** A rank's view of its gang, for one attempt. */
final class GangRank implements RankContext, AutoCloseable {

  private final RankPlan<?> plan;
  private final Assigned assigned;
  private final Collective collective;
  private final DeviceAssignment device;
  private NcclCollective betweenGpus;

  GangRank(RankPlan<?> plan, Assigned assigned, Collective collective, DeviceAssignment device) {
    this.plan = plan;
    this.assigned = assigned;
    this.collective = collective;
    this.device = device;
  }

  @Override
  public int rank() {
    return assigned.rank();
  }

  @Override
  public int size() {
    return plan.size();
  }

  @Override
  public String host() {
    return assigned.places().get(rank()).host();
  }

  @Override
  public int attempt() {
    return plan.attempt().number();
  }

  @Override
  public String runId() {
    return plan.attempt().runId();
  }

  @Override
  public Collective collective() {
    return collective;
  }

  @Override
  public Collective collective(TorchRuntime runtime) {
    // A gang of one has no connections, and nothing to sum.
    if (!runtime.onGpu() || !(collective instanceof TcpCollective host)) {
      return collective;
    }
    if (betweenGpus == null) {
      betweenGpus = NcclCollective.over(host, runtime, plan.settings().timeouts());
    }
    return betweenGpus;
  }

  @Override
  public boolean onGpu() {
    return plan.gpu();
  }

  @Override
  public int cores() {
    return device.cores();
  }

  @Override
  public DeviceAssignment device() {
    return device;
  }

  @Override
  public void report(Serializable message) {
    GangChannel.send(new GangMessage.Report(plan.attempt(), rank(), Wire.encode(message)));
  }

  @Override
  public void close() {
    if (betweenGpus != null) {
      betweenGpus.close();
    }
  }
}
