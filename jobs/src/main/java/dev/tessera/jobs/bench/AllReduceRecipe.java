package dev.tessera.jobs.bench;

import dev.tessera.jobs.train.Ranks;
import dev.tessera.spark.collective.Algorithm;

/**
 * What {@code bench allreduce} measures.
 *
 * @param ranks processes of each contender, all on this machine
 * @param device whose memory is summed; each rank has the GPU of its number
 * @param algorithm of ours between CPUs; GPUs sum through NCCL
 * @param encryption whether our processes seal what they send each other over TCP
 * @param against whom ours is held against
 * @param minBytes of the smallest vector, quadrupled up to {@code maxBytes}
 * @param maxBytes 0 for 256 MiB between CPUs and 1 GiB between GPUs
 * @param pairs turns of each contender; they alternate
 * @param output file of the results, JSON; the printed lines stand beside it
 */
public record AllReduceRecipe(
    int ranks,
    Ranks.Device device,
    Algorithm algorithm,
    boolean encryption,
    Against against,
    long minBytes,
    long maxBytes,
    int pairs,
    String output) {

  /** The other contender. */
  public enum Against {
    /** Gloo between CPUs, NCCL between GPUs. */
    PYTORCH,
    /** Ours without encryption: what the seal costs. Between CPUs. */
    PLAIN
  }

  private static final long CPU_BYTES = 256 << 20;
  private static final long GPU_BYTES = 1 << 30;

  public AllReduceRecipe {
    if (ranks < 1) {
      throw new IllegalArgumentException("ranks: " + ranks + " (expected: 1 or more)");
    }
    if (minBytes < Float.BYTES || minBytes % Float.BYTES != 0) {
      throw new IllegalArgumentException(
          "minBytes: " + minBytes + " (expected: 4 or a multiple of it)");
    }
    if (against == Against.PLAIN && device == Ranks.Device.GPU) {
      throw new IllegalArgumentException(
          "against: plain (expected: pytorch with device=gpu; NCCL seals nothing)");
    }
    if (pairs < 1) {
      throw new IllegalArgumentException("pairs: " + pairs + " (expected: 1 or more)");
    }
    if (maxBytes < 0) {
      throw new IllegalArgumentException("maxBytes: " + maxBytes + " (expected: 0 or more)");
    }
  }

  boolean gpu() {
    return device == Ranks.Device.GPU;
  }

  long largest() {
    return maxBytes > 0 ? maxBytes : gpu() ? GPU_BYTES : CPU_BYTES;
  }

  public static AllReduceRecipe defaults() {
    return new AllReduceRecipe(
        2,
        Ranks.Device.CPU,
        Algorithm.RING,
        true,
        Against.PYTORCH,
        4 << 10,
        0,
        7,
        "runs/bench/allreduce.json");
  }
}
