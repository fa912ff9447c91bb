package dev.tessera.jobs.train;

import dev.tessera.spark.collective.Algorithm;

/**
 * The gang that trains.
 *
 * @param count number of ranks; it divides the schedule's shards
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
    if (count < 1) {
      throw new IllegalArgumentException("count: " + count + " (expected: 1 or more)");
    }
  }

  public static Ranks defaults() {
    return new Ranks(2, Algorithm.TREE, Device.CPU);
  }
}
