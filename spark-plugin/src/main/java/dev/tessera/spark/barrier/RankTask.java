package dev.tessera.spark.barrier;

import java.io.Serializable;

/**
 * What every rank of a gang runs. It travels to executors by Java serialisation.
 *
 * @param <R> what a rank leaves for the driver when it is done; small
 */
@FunctionalInterface
public interface RankTask<R extends Serializable> extends Serializable {

  /**
   * Runs on the rank's one named thread; every libtorch call of the rank belongs there. A {@code
   * UserException} or {@code InvalidDatasetException} ends the run with its sentence; anything else
   * thrown ends the attempt, and the gang may be started again.
   */
  R run(RankContext context) throws Exception;

  /**
   * Whether executors that are started while the gang runs, as those that replace lost ones, shall
   * load libtorch before their task comes.
   */
  default boolean usesLibtorch() {
    return false;
  }
}
