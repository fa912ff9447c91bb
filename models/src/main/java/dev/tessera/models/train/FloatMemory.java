package dev.tessera.models.train;

import com.sun.jna.Pointer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * A contiguous run of float32 values in native memory, as a tensor holds them: what a {@link
 * Collective} sums. It does not own the memory; whoever made the tensor keeps it alive.
 *
 * @param address first byte, a host address or a device address
 * @param elements number of float32 values
 * @param device {@code -1} for the host, otherwise the CUDA device's number
 */
public record FloatMemory(long address, long elements, int device) {

  public FloatMemory {
    if (address == 0 && elements > 0) {
      throw new IllegalArgumentException("address: 0 (expected: a mapped address)");
    }
    if (elements < 0) {
      throw new IllegalArgumentException("elements: " + elements + " (expected: 0 or more)");
    }
  }

  /** Host memory. */
  public static FloatMemory host(long address, long elements) {
    return new FloatMemory(address, elements, -1);
  }

  public boolean onHost() {
    return device < 0;
  }

  public long bytes() {
    return elements * Float.BYTES;
  }

  /** The part of {@code count} elements that begins at element {@code offset}. */
  public FloatMemory slice(long offset, long count) {
    if (offset < 0 || count < 0 || offset + count > elements) {
      throw new IndexOutOfBoundsException(
          "slice [" + offset + ", " + (offset + count) + ") of " + elements + " elements");
    }
    return new FloatMemory(address + offset * Float.BYTES, count, device);
  }

  /** A view in native order of at most 2 GiB of host memory; no copy is made. */
  public ByteBuffer asBuffer() {
    if (!onHost()) {
      throw new IllegalStateException("Cannot view memory of device " + device + " as a buffer");
    }
    return new Pointer(address).getByteBuffer(0, bytes()).order(ByteOrder.nativeOrder());
  }
}
