package dev.tessera.models.runtime;

/** Lets a process look as if CUDA refused all its calls, where there is no GPU to break. */
public final class RuinedProcess {

  private RuinedProcess() {}

  public static void begin(String reason) {
    Gpus.ruined(reason);
  }
}
