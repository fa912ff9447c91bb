package dev.tessera.jobs.train;

import dev.tessera.models.UserException;
import dev.tessera.models.graph.Target;
import dev.tessera.spark.collective.Algorithm;
import java.util.Locale;
import java.util.Optional;

/**
 * The gang that trains.
 *
 * @param count number of ranks, which divides the schedule's shards; 0 for as many as there are
 *     task slots, so that a run also goes on with fewer when executors stay lost
 * @param allreduce between CPUs {@code tree}: the same bits on 1, 2, 4, 8 ranks, or {@code ring}:
 *     the fewest bytes; between GPUs {@code nccl}; left out, tree or nccl
 * @param device what each rank computes on
 */
public record Ranks(int count, Optional<Algorithm> allreduce, Device device) {

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

  /**
   * What becomes of so many task slots, where that needs a word: which number was taken and why,
   * and what idles.
   */
  Optional<String> told(int slots, int shards) {
    int used = on(slots, shards);
    int idle = slots - used;
    if (idle <= 0 && count > 0) {
      return Optional.empty();
    }
    String uses =
        idle <= 0
            ? (used == 1 ? "it is used" : "all are used")
            : used
                + (used == 1 ? " is" : " are")
                + " used and "
                + idle
                + (idle == 1 ? " idles" : " idle");
    String why =
        count > 0
            ? "ranks.count=" + count
            : "ranks.count=0 takes a power of two, at most schedule.shards=" + shards;
    return Optional.of(slots + "; " + uses + ": " + why);
  }

  /**
   * How sums travel between so many ranks.
   *
   * @throws UserException if the recipe asks for a way that its device does not go
   */
  Algorithm algorithm(int ranks) {
    boolean gpu = device == Device.GPU;
    Algorithm own = gpu ? Algorithm.NCCL : Algorithm.TREE;
    Algorithm chosen = allreduce.orElse(own);
    if (ranks > 1 && gpu != (chosen == Algorithm.NCCL)) {
      throw new UserException(
          "ranks.allreduce: "
              + chosen.name().toLowerCase(Locale.ROOT)
              + " sums in the memory of "
              + (gpu
                  ? "the host, and these ranks compute on GPUs"
                  : "GPUs, and these ranks compute on CPUs")
              + ": leave the key out, or set "
              + (gpu ? "nccl." : "tree or ring."));
    }
    return chosen;
  }

  public static Ranks defaults() {
    return new Ranks(2, Optional.empty(), Device.CPU);
  }
}
