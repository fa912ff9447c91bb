package dev.tessera.spark.collective;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tessera.models.runtime.Gpus;

/** What tests of GPUs need; without it they are skipped, and say why. */
final class AssumeGpus {

  private AssumeGpus() {}

  static void atLeast(int count) {
    int there = Gpus.count();
    assumeTrue(
        there >= count,
        "needs "
            + count
            + " GPUs and a libtorch with CUDA (PYTORCH_LIBRARY_PATH); this process sees "
            + there);
  }
}
