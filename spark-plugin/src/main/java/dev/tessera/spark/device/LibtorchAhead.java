package dev.tessera.spark.device;

import dev.tessera.models.runtime.Libtorch;

/** Loads libtorch while its task is still on the way, on the rank's own thread as ever. */
public final class LibtorchAhead {

  private LibtorchAhead() {}

  /**
   * Returns at once. Where it cannot be loaded, the rank that needs it says so. Where it is not
   * there yet, since it comes with a task's own jars, nothing is tried: a failure would be final
   * for the process.
   */
  public static void begin() {
    if (Libtorch.isFound(LibtorchAhead.class.getClassLoader())) {
      RankThread.ahead(Libtorch::load);
    }
  }
}
