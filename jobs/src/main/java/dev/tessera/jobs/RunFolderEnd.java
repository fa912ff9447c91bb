package dev.tessera.jobs;

import dev.tessera.jobs.run.Interruption;
import dev.tessera.spark.temporary.RunFolder;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.util.ShutdownHookManager;

/**
 * Takes the command's folder of temporary files away when the process ends, however it does but by
 * SIGKILL; what that leaves the next command removes.
 */
final class RunFolderEnd {

  /** After Spark's own hooks and those of file systems, which still write there. */
  private static final int LAST = 0;

  /** What killed executors may take to be gone. */
  private static final int GONE_MILLIS = 500;

  private RunFolderEnd() {}

  static void register() {
    RunFolder.current()
        .ifPresent(
            folder -> {
              ShutdownHookManager.get().addShutdownHook(() -> remove(folder), LAST);
              Interruption.atHalt(() -> remove(folder));
            });
  }

  /** Of a command that failed executors' logs stay for a while, and it is said where. */
  static void keepLogs(PrintWriter err) {
    try {
      RunFolder folder = RunFolder.current().orElse(null);
      if (folder != null) {
        folder
            .keepLogs()
            .ifPresent(
                logs -> err.println("tessera: executors' logs are kept for a day in " + logs));
      }
    } catch (IOException e) {
      // The failure itself has been told.
    }
  }

  private static void remove(RunFolder folder) {
    // Spark is stopped: what still runs here is an executor on its way out, which would write.
    List<ProcessHandle> left = ProcessHandle.current().descendants().toList();
    left.forEach(ProcessHandle::destroyForcibly);
    CompletableFuture.allOf(
            left.stream().map(ProcessHandle::onExit).toArray(CompletableFuture[]::new))
        .completeOnTimeout(null, GONE_MILLIS, TimeUnit.MILLISECONDS)
        .join();
    try {
      folder.remove();
    } catch (IOException e) {
      // The next command removes it.
    }
  }
}
