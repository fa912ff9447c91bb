package dev.tessera.jobs.verify;

import dev.tessera.spark.collective.Algorithm;

/**
 * A sum over ranks.
 *
 * @param ranks threads of this process, connected over TCP
 * @param length numbers that each holds
 * @param algorithm how they are summed
 */
record AllReduceCase(int ranks, int length, Algorithm algorithm) {

  /** Sockets and threads of more are no test of one machine. */
  private static final int MOST_RANKS = 64;

  AllReduceCase {
    if (ranks < 1 || ranks > MOST_RANKS) {
      throw new IllegalArgumentException(
          "ranks: " + ranks + " (expected: 1 to " + MOST_RANKS + ")");
    }
    if (length < 1) {
      throw new IllegalArgumentException("length: " + length + " (expected: 1 or more)");
    }
    if (algorithm == Algorithm.NCCL) {
      throw new IllegalArgumentException(
          "algorithm: nccl (expected: ring or tree; nccl needs GPUs: tessera bench allreduce)");
    }
  }

  static AllReduceCase defaults() {
    return new AllReduceCase(4, 1000, Algorithm.RING);
  }

  /**
   * Bytes that all ranks of a ring send together, {@code 2 (n - 1)} vectors whatever the length;
   * NaN for a tree, which sends more of short vectors to wait less.
   */
  double bytes() {
    return algorithm == Algorithm.RING ? 2.0 * (ranks - 1) * length * Float.BYTES : Double.NaN;
  }
}
