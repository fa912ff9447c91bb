package dev.tessera.spark.device;

import dev.tessera.models.runtime.Gpus;
import java.time.Duration;
import org.apache.spark.TaskContext;
import org.apache.spark.util.TaskCompletionListener;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * After some errors CUDA refuses every call of a process for good: an executor that goes on would
 * fail each later attempt. It ends, once the driver has been told, and Spark replaces it. A peer's
 * failure leaves CUDA sound and ends nothing.
 */
public final class RuinedGpu {

  /** Spark's own codes begin at 50; this one is told as it is. */
  private static final int EXIT_CODE = 86;

  /** Spark sends a task's failure after its last listener, and says to nobody that it has. */
  private static final Duration UNTIL_THE_FAILURE_IS_SENT = Duration.ofSeconds(2);

  private static final Logger LOG = LoggerFactory.getLogger(RuinedGpu.class);

  private RuinedGpu() {}

  /**
   * Ends this executor at once if no GPU can be used by it any more; the driver knows why.
   *
   * @param inDriver whether tasks run in the driver's process, which is left as it is
   */
  public static void endExecutor(boolean inDriver) {
    if (isUseless(inDriver)) {
      halt();
    }
  }

  /**
   * As above, a little after the task has ended, so that Spark can tell the driver of its failure.
   *
   * @param task the caller's, which fails now
   */
  public static void endExecutorAfter(TaskContext task, boolean inDriver) {
    if (isUseless(inDriver)) {
      // Called when all else of the task, its tables too, has been put away.
      task.addTaskCompletionListener((TaskCompletionListener) ended -> startHalting());
    }
  }

  /**
   * Keeps a task that Spark gave to an executor which is about to end: failing here again and again
   * would use up the attempts that another executor needs. Returns at once where all is well.
   */
  public static void holdUntilTheEnd(boolean inDriver) throws InterruptedException {
    if (isUseless(inDriver)) {
      startHalting().join();
    }
  }

  private static Thread startHalting() {
    Thread thread = new Thread(RuinedGpu::haltLater, "tessera-ruined-gpu");
    thread.setDaemon(true);
    thread.start();
    return thread;
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

  private static void haltLater() {
    try {
      Thread.sleep(UNTIL_THE_FAILURE_IS_SENT.toMillis());
    } catch (InterruptedException e) {
      // The sooner then.
    }
    halt();
  }

  private static void halt() {
    // Not exit: hooks of a broken CUDA may wait for the device for ever.
    Runtime.getRuntime().halt(EXIT_CODE);
  }
}
