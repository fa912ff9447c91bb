package dev.tessera.models.runtime;

import com.sun.jna.Function;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;

/**
 * Settings of the C library's allocator, from which tensors of the CPU come. Left alone, glibc
 * raises the size from which it maps memory of its own to that of the largest block freed so far,
 * up to 32 MiB, and then cuts gradients out of heaps that it can no longer give back: a loop of 560
 * MB was seen to grow to 930 MB. With a fixed size large blocks go back to the system when they are
 * freed; at this one the time of a step does not change.
 */
final class HostAllocator {

  /** {@code M_MMAP_THRESHOLD} and {@code M_TRIM_THRESHOLD} of glibc's malloc.h. */
  private static final int MAP_FROM = -3;

  private static final int TRIM_FROM = -1;
  private static final int TRIM_SIZE = 256 << 20;

  private HostAllocator() {}

  /**
   * Gives pages that nothing uses back to the system. Without it blocks of odd sizes leave holes
   * that add up over thousands of steps: resident memory creeps although nothing is lost.
   */
  static void giveBack() {
    try {
      NativeLibrary c = NativeLibrary.getInstance("c");
      // malloc_trim leaves the top of a thread's own heap alone; free gives it back above this
      // size.
      Function mallopt = c.getFunction("mallopt");
      mallopt.invokeInt(new Object[] {TRIM_FROM, 64 << 10});
      Pointer block = c.getFunction("malloc").invokePointer(new Object[] {128L << 10});
      c.getFunction("free").invoke(new Object[] {block});
      mallopt.invokeInt(new Object[] {TRIM_FROM, TRIM_SIZE});
      c.getFunction("malloc_trim").invokeInt(new Object[] {0L});
    } catch (UnsatisfiedLinkError e) {
      // Not glibc: nothing to give back.
    }
  }

  /** Does nothing where the user has set the size, or where the C library has no such setting. */
  static void limitFragments() {
    if (System.getenv("MALLOC_MMAP_THRESHOLD_") != null) {
      return;
    }
    try {
      Function mallopt = NativeLibrary.getInstance("c").getFunction("mallopt");
      mallopt.invokeInt(new Object[] {MAP_FROM, 16 << 20});
      mallopt.invokeInt(new Object[] {TRIM_FROM, TRIM_SIZE});
    } catch (UnsatisfiedLinkError e) {
      // Not glibc: nothing to set.
    }
  }
}
