package dev.tessera.spark.barrier;

import dev.tessera.models.train.Collective;
import dev.tessera.spark.device.DeviceAssignment;
import java.io.Serializable;

/** What a rank knows of its gang, and its ways to peers and driver. */
public interface RankContext {

  /** This rank's number, {@code 0 <= rank < size}; ranks of one host are contiguous. */
  int rank();

  int size();

  /** This rank's number among those of its host. */
  int localRank();

  String host();

  /** The number of this attempt, from 0. */
  int attempt();

  /** One identifier for all attempts of a run. */
  String runId();

  Collective collective();

  /** Cores of the task: the threads that this rank may use. */
  int cores();

  DeviceAssignment device();

  /**
   * Sends a message to the driver's {@link GangListener#onMessage}. It returns before the driver
   * has seen it; messages of one rank arrive in order, and all of them before {@link Gang#run}
   * returns.
   */
  void report(Serializable message);

  /** Whether the attempt is over: another rank failed, or the driver gave up. */
  boolean interrupted();

  /**
   * Runs {@code hook} when the attempt is cut short, from another thread than the rank's: close
   * what this rank may be blocked in. Runs at once when that has happened already.
   */
  void onAbort(Runnable hook);
}
