package dev.tessera.models.runtime;

import java.util.Locale;

/** Why libtorch cannot be loaded, by its cause, with what mends that. */
final class LoadFailure {

  /** Causes nest a few deep, and a foreign exception might go in a circle. */
  private static final int DEEPEST = 20;

  private LoadFailure() {}

  static String sentence(Throwable failure) {
    String reason = String.valueOf(failure.getMessage());
    int depth = 0;
    for (Throwable e = failure; e != null && depth++ < DEEPEST; e = e.getCause()) {
      String said = String.valueOf(e.getMessage());
      String text = said.toLowerCase(Locale.ROOT);
      if (text.contains("failed to map segment") || text.contains("operation not permitted")) {
        return of(said)
            + "its folder is mounted noexec: set DJL_CACHE_DIR (of executors:"
            + " spark.executorEnv.DJL_CACHE_DIR) to a folder of another mount.";
      }
      if (text.contains("no space left") || text.contains("quota")) {
        return of(said)
            + "unpacking it takes 432 MiB: free some, or set DJL_CACHE_DIR (of executors:"
            + " spark.executorEnv.DJL_CACHE_DIR) to a folder with more.";
      }
      if (text.contains("read-only file system") || text.contains("permission denied")) {
        return of(said)
            + "its folder cannot be written: set DJL_CACHE_DIR (of executors:"
            + " spark.executorEnv.DJL_CACHE_DIR) to one that can.";
      }
      if (e instanceof NoSuchMethodError || e instanceof NoClassDefFoundError) {
        return of(said) + "another DJL is on the class path: take its jars away.";
      }
      reason = said;
    }
    return of(reason) + "put the natives' jar on the class path or set PYTORCH_LIBRARY_PATH.";
  }

  private static String of(String reason) {
    return "libtorch cannot be loaded (" + reason.lines().findFirst().orElse("") + "): ";
  }
}
