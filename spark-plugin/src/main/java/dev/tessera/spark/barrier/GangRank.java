package dev.tessera.spark.barrier;

import dev.tessera.models.train.Collective;
import dev.tessera.spark.barrier.GangReply.Assigned;
import dev.tessera.spark.device.DeviceAssignment;
import java.io.Serializable;

/** A rank's view of its gang, for one attempt. */
record GangRank(RankPlan<?> plan, Assigned assigned, Collective collective, DeviceAssignment device)
    implements RankContext {

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
  public int cores() {
    return device.cores();
  }

  @Override
  public void report(Serializable message) {
    GangChannel.send(new GangMessage.Report(plan.attempt(), rank(), Wire.encode(message)));
  }
}
