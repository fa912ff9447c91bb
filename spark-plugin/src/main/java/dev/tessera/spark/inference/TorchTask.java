package dev.tessera.spark.inference;

import dev.tessera.spark.device.DeviceAssignment;
import dev.tessera.spark.device.RankThread;
import dev.tessera.spark.device.RuinedGpu;
import dev.tessera.spark.table.TableTask;
import dev.tessera.spark.table.TaskTables;
import java.io.Serializable;
import java.util.concurrent.ExecutionException;
import org.apache.spark.TaskContext;

/**
 * A table task that calls libtorch, and therefore runs on a {@link RankThread} and never on Spark's
 * own. Spark's thread waits; killing the task interrupts the rank thread.
 */
interface TorchTask<S extends Serializable, T extends Serializable> extends TableTask<S, T> {

  /**
   * The task's work, on a rank thread. Where libtorch may keep it long, it looks between calls
   * whether it was {@linkplain #checkInterrupt interrupted}.
   *
   * @param device what Spark gave this task to compute with
   */
  T compute(S share, TaskTables tables, DeviceAssignment device) throws Exception;

  @Override
  default T run(S share, TaskTables tables) throws Exception {
    // Spark's context belongs to its own thread.
    TaskContext context = TaskContext.get();
    RuinedGpu.holdUntilTheEnd(InferenceDevice.inDriver());
    DeviceAssignment device = DeviceAssignment.of(context);
    RankThread.Run<T> run =
        RankThread.start(
            "tessera-task-" + context.taskAttemptId(),
            Thread.currentThread().getContextClassLoader(),
            () -> compute(share, tables, device));
    try {
      return run.get();
    } catch (ExecutionException e) {
      RuinedGpu.endExecutorAfter(context, InferenceDevice.inDriver());
      if (e.getCause() instanceof Error error) {
        throw error;
      }
      throw (Exception) e.getCause();
    } catch (InterruptedException e) {
      run.interrupt();
      throw e;
    } finally {
      awaitEnd(run);
    }
  }

  /** Ends a task that was killed. */
  static void checkInterrupt() throws InterruptedException {
    if (Thread.interrupted()) {
      throw new InterruptedException("The task was killed");
    }
  }

  /** The tables are removed and the slot is given back after this: nobody may still write. */
  private static void awaitEnd(RankThread.Run<?> run) {
    boolean interrupted = false;
    while (true) {
      try {
        if (run.awaitEnd(Long.MAX_VALUE)) {
          break;
        }
      } catch (InterruptedException e) {
        interrupted = true;
        run.interrupt();
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
