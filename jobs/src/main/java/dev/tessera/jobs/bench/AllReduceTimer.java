package dev.tessera.jobs.bench;

/** Measures sums of vectors and checks that they are right. */
sealed interface AllReduceTimer permits HostSums, DeviceSums {

  /**
   * Sums vectors of one size.
   *
   * @return seconds of an allreduce as a JSON list, to take the median of
   */
  String time(long bytes, int warmup, int iterations);

  static void check(float sum, int ranks) {
    if (sum != ranks) {
      throw new IllegalStateException("sum " + sum + " (expected: " + ranks + ")");
    }
  }
}
