package dev.tessera.spark.barrier;

import dev.tessera.models.runtime.TorchRuntime;
import dev.tessera.models.train.Collective;
import dev.tessera.spark.device.DeviceAssignment;
import java.io.Serializable;

/**
 * What a rank knows of its gang, and its ways to peers and driver. When the attempt is cut short,
 * the rank's thread is interrupted and its collective fails.
 */
public interface RankContext {

  /** This rank's number, {@code 0 <= rank < size}; ranks of one host are contiguous. */
  int rank();

  int size();

  String host();

  /** The number of this attempt, from 0. */
  int attempt();

  /** One identifier for all attempts of a run. */
  String runId();

  /** For what lies in host memory. */
  Collective collective();

  /**
   * For tensors of {@code runtime}: between GPUs through NCCL, which is joined by the first call;
   * else {@link #collective}. The rank's end closes it.
   *
   * @throws dev.tessera.models.UserException if the ranks' GPUs need NCCL and there is none
   */
  Collective collective(TorchRuntime runtime);

  /** Whether this rank computes on {@link #device}'s GPU. */
  boolean onGpu();

  /** Cores of the task: the threads that this rank may use. */
  int cores();

  DeviceAssignment device();

  /**
   * Sends a message to the driver's {@link GangListener#onMessage}. It returns before the driver
   * has seen it; messages of one rank arrive in order, and all of them before {@link Gang#run}
   * returns.
   */
  void report(Serializable message);
}
