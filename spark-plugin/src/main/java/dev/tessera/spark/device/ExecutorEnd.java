package dev.tessera.spark.device;

import java.time.Duration;
import org.apache.spark.TaskContext;
import org.apache.spark.util.TaskCompletionListener;

/** Ends an executor that can do no more work, so that Spark replaces it. */
public final class ExecutorEnd {

  /** Spark's own codes begin at 50; these are told as they are. */
  static final int RUINED_GPU = 86;

  /** The executor cannot reach the driver's side of the plugin. */
  public static final int BROKEN_LINE = 87;

  /** Spark sends a task's failure after its last listener, and says to nobody that it has. */
  private static final Duration UNTIL_THE_FAILURE_IS_SENT = Duration.ofSeconds(2);

  private static volatile boolean near;

  private ExecutorEnd() {}

  /**
   * Keeps a task that Spark gave to an executor which is about to end: failing here again and again
   * would use up the attempts that another executor needs. Returns at once where none is near.
   */
  public static void holdIfNear() throws InterruptedException {
    if (near) {
      Thread.sleep(Long.MAX_VALUE);
    }
  }

  /** A little after the task has ended, so that Spark can tell the driver of its failure. */
  public static void after(TaskContext task, int exitCode) {
    near = true;
    // Called when all else of the task, its tables too, has been put away.
    task.addTaskCompletionListener((TaskCompletionListener) ended -> soon(exitCode));
  }

  /** A little later, for the same reason; who joins the thread waits for ever. */
  public static Thread soon(int exitCode) {
    near = true;
    Thread thread = new Thread(() -> later(exitCode), "tessera-executor-end");
    thread.setDaemon(true);
    thread.start();
    return thread;
  }

  private static void later(int exitCode) {
    try {
      Thread.sleep(UNTIL_THE_FAILURE_IS_SENT.toMillis());
    } catch (InterruptedException e) {
      // The sooner then.
    }
    now(exitCode);
  }

  static void now(int exitCode) {
    // Not exit: hooks of a broken CUDA may wait for the device for ever.
    Runtime.getRuntime().halt(exitCode);
  }
}
