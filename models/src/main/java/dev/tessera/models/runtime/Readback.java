package dev.tessera.models.runtime;

import com.sun.jna.Pointer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * Small float32 results that the host reads when it wants to, while the device goes on. One
 * instance holds what was recorded last.
 */
public final class Readback implements AutoCloseable {

  private final TorchRuntime runtime;
  private final List<float[]> values = new ArrayList<>();
  private long pinned;
  private long capacity;
  private long event;

  public Readback(TorchRuntime runtime) {
    this.runtime = runtime;
  }

  /** Takes down the values that {@code tensors} have at this place of the rank's work. */
  public void record(List<NativeTensor> tensors) {
    values.clear();
    tensors.forEach(tensor -> values.add(new float[Math.toIntExact(tensor.size())]));
    if (!runtime.onGpu()) {
      for (int i = 0; i < values.size(); i++) {
        tensors.get(i).memory().asFloatBuffer().get(values.get(i));
      }
      return;
    }
    reserve(values.stream().mapToLong(part -> (long) part.length * Float.BYTES).sum());
    long at = pinned;
    for (NativeTensor tensor : tensors) {
      long bytes = tensor.size() * Float.BYTES;
      runtime.cuda().copy(at, tensor.address(), bytes);
      at += bytes;
    }
    runtime.cuda().cudart().record(event, runtime.cuda().stream());
  }

  /** The values, one array a tensor; waits until the device has reached that place. */
  public List<float[]> read() {
    if (runtime.onGpu()) {
      runtime.cuda().cudart().synchronizeEvent(event);
      var floats =
          new Pointer(pinned)
              .getByteBuffer(0, capacity)
              .order(ByteOrder.nativeOrder())
              .asFloatBuffer();
      values.forEach(floats::get);
    }
    return values;
  }

  private void reserve(long bytes) {
    Cudart cudart = runtime.cuda().cudart();
    if (event == 0) {
      event = cudart.event();
    }
    if (bytes > capacity) {
      if (pinned != 0) {
        cudart.synchronizeEvent(event);
        cudart.freePinned(pinned);
      }
      pinned = cudart.pinned(bytes);
      capacity = bytes;
    }
  }

  @Override
  public void close() {
    if (pinned != 0 && !runtime.lost()) {
      runtime.cuda().cudart().synchronizeEvent(event);
      runtime.cuda().cudart().freePinned(pinned);
      runtime.cuda().cudart().destroyEvent(event);
    }
    pinned = 0;
  }
}
