package dev.tessera.jobs.train;

import dev.tessera.models.graph.Target;
import dev.tessera.spark.collective.Algorithm;

/**
 * The gang that trains.
 *
 * @param count number of ranks, which divides the schedule's shards; 0 for as many as there are
 *     task slots, so that a run also goes on with fewer when executors stay lost
 * @param allreduce {@code tree}: the same bits on 1, 2, 4, 8 ranks; {@code ring}: the fewest bytes
 * @param device what each rank computes on
 */
public record Ranks(int count, Algorithm allreduce, Device device) {

  /** Where a rank computes. */
  public enum Device {
    CPU,
    GPU
  }

  public Ranks {
    if (count < 0) {
      throw new IllegalArgumentException(
          "count: " + count + " (expected: 0 or more; 0 for all task slots)");
    }
  }

  /** What a rank's programs are written for. */
  public Target target() {
    return device == Device.GPU ? Target.GPU : Target.CPU;
  }

  /** The ranks on so many task slots; a power of two where the recipe leaves it open. */
  int on(int slots, int shards) {
    return count > 0 ? count : Math.min(shards, Integer.highestOneBit(Math.max(1, slots)));
  }

  public static Ranks defaults() {
    return new Ranks(2, Algorithm.TREE, Device.CPU);
  }
}
