package dev.tessera.spark.device;

import dev.tessera.models.runtime.Gpus;
import org.apache.spark.TaskContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * After some errors CUDA refuses every call of a process for good: an executor that goes on would
 * fail each later attempt. It ends, once the driver has been told, and Spark replaces it. A peer's
 * failure leaves CUDA sound and ends nothing.
 */
public final class RuinedGpu {

  private static final Logger LOG = LoggerFactory.getLogger(RuinedGpu.class);

  private RuinedGpu() {}

  /**
   * Ends this executor at once if no GPU can be used by it any more; the driver knows why.
   *
   * @param inDriver whether tasks run in the driver's process, which is left as it is
   */
  public static void endExecutor(boolean inDriver) {
    if (isUseless(inDriver)) {
      ExecutorEnd.now(ExecutorEnd.RUINED_GPU);
    }
  }

  /**
   * As above, a little after the task has ended, so that Spark can tell the driver of its failure.
   *
   * @param task the caller's, which fails now
   */
  public static void endExecutorAfter(TaskContext task, boolean inDriver) {
    if (isUseless(inDriver)) {
      ExecutorEnd.after(task, ExecutorEnd.RUINED_GPU);
    }
  }

  /**
   * Keeps a task that Spark gave to an executor which is about to end: failing here again and again
   * would use up the attempts that another executor needs. Returns at once where all is well.
   */
  public static void holdUntilTheEnd(boolean inDriver) throws InterruptedException {
    if (isUseless(inDriver)) {
      ExecutorEnd.soon(ExecutorEnd.RUINED_GPU).join();
    }
  }

  private static boolean isUseless(boolean inDriver) {
    if (Gpus.ruin().isEmpty()) {
      return false;
    }
    String reason = Gpus.ruin().get();
    if (inDriver) {
      LOG.error("No GPU can be used by this process any more: {}; start the driver anew", reason);
      return false;
    }
    LOG.error("No GPU can be used by this executor any more: {}; it ends", reason);
    return true;
  }
}
