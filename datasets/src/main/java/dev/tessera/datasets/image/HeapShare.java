package dev.tessera.datasets.image;

import java.util.Locale;
import java.util.concurrent.Semaphore;

/**
 * The part of a process's heap that pictures may take while they are decoded, shared by all of its
 * decoders. A picture that needs more than all of it is refused; one that needs more than is left
 * waits for others to be done. Whether a picture is refused thus depends on the heap's size alone.
 */
final class HeapShare {

  /** Of this process: half of the heap; the other half is for whatever its tasks do besides. */
  static final HeapShare OF_PROCESS = new HeapShare(Runtime.getRuntime().maxMemory());

  private static final int UNIT = 1 << 10;

  private final long heap;
  private final int units;
  private final Semaphore free;

  /**
   * @param heap in bytes
   */
  HeapShare(long heap) {
    this.heap = heap;
    this.units = (int) Math.min(Integer.MAX_VALUE, heap / 2 / UNIT);
    this.free = new Semaphore(units, true);
  }

  /**
   * @throws UnreadableImageException if there is never so much; {@code picture} says of what
   */
  void require(long need, String picture) throws UnreadableImageException {
    if (wanted(need) > units) {
      throw new UnreadableImageException(
          String.format(
              Locale.ROOT,
              "too large: %s takes %d MB to decode, more than half of this process's heap of %d MB",
              picture,
              need >> 20,
              heap >> 20));
    }
  }

  /**
   * Waits for room.
   *
   * @param need bytes that decoding allocates
   * @return what {@link #giveBack} takes
   * @throws UnreadableImageException as {@link #require}
   */
  int take(long need, String picture) throws UnreadableImageException {
    require(need, picture);
    int wanted = (int) wanted(need);
    free.acquireUninterruptibly(wanted);
    return wanted;
  }

  private static long wanted(long need) {
    return (need + UNIT - 1) / UNIT;
  }

  void giveBack(int taken) {
    free.release(taken);
  }
}
