package dev.tessera.models.runtime;

import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;

/** The GPUs that this process sees, for what stands beside libtorch; any thread may ask. */
public final class Gpus {

  /**
   * Errors after which CUDA refuses every further call of the process, by CUDA's documentation: of
   * the memory and its links (214, 220), of a kernel that went wrong (700 and others).
   */
  private static final Set<Integer> FINAL =
      Set.of(214, 220, 700, 702, 709, 710, 714, 715, 716, 717, 718, 719, 720, 721);

  private static final AtomicReference<String> RUIN = new AtomicReference<>();

  private Gpus() {}

  /** How many there are; 0 with a libtorch without CUDA, and without a driver. */
  public static int count() {
    return Libtorch.load().api().hasCuda() ? Cudart.open().devices() : 0;
  }

  /** Makes a GPU the current one of the calling thread, for libraries that ask CUDA for it. */
  public static void use(int index) {
    Cudart.open().setDevice(index);
  }

  /**
   * Why no GPU can be used by this process any more, if so: memory ran out, or a kernel broke. Only
   * another process helps. A peer's failure is no reason.
   */
  public static Optional<String> ruin() {
    return Optional.ofNullable(RUIN.get());
  }

  /** The first reason stands. */
  static void ruined(String reason) {
    RUIN.compareAndSet(null, reason);
  }

  static void notice(int code, String reason) {
    if (FINAL.contains(code)) {
      ruined(reason);
    }
  }
}
