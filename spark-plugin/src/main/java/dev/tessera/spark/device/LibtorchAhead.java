package dev.tessera.spark.device;

import dev.tessera.models.runtime.Libtorch;

/** Loads libtorch while its task is still on the way, on the rank's own thread as ever. */
public final class LibtorchAhead {

  private LibtorchAhead() {}

  /** Returns at once. Where it cannot be loaded, the rank that needs it says so. */
  public static void begin() {
    RankThread.ahead(Libtorch::load);
  }
}
