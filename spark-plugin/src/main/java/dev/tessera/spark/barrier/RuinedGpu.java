package dev.tessera.spark.barrier;

import dev.tessera.models.runtime.Gpus;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * After some errors CUDA refuses every call of a process for good: an executor that goes on would
 * fail each later attempt. It ends, once the driver has been told, and Spark replaces it. A peer's
 * failure leaves CUDA sound and ends nothing.
 */
final class RuinedGpu {

  /** Spark's own codes begin at 50; this one is told as it is. */
  static final int EXIT_CODE = 86;

  private static final Logger LOG = LoggerFactory.getLogger(RuinedGpu.class);

  private RuinedGpu() {}

  static void endExecutor() {
    if (Gpus.ruin().isEmpty()) {
      return;
    }
    String reason = Gpus.ruin().get();
    if (GangChannel.inDriver()) {
      LOG.error("No GPU can be used by this process any more: {}; start the driver anew", reason);
      return;
    }
    LOG.error("No GPU can be used by this executor any more: {}; it ends", reason);
    // Not exit: hooks of a broken CUDA may wait for the device for ever.
    Runtime.getRuntime().halt(EXIT_CODE);
  }
}
