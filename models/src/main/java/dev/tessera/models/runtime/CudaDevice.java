package dev.tessera.models.runtime;

import ai.djl.Device;
import dev.tessera.models.UserException;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * One GPU as a rank sees it: the stream that its thread's work goes to, and copies between host and
 * device in that stream's order.
 */
final class CudaDevice implements AutoCloseable {

  /** A stream made current, and libtorch's guard that does so. */
  private record Current(long stream, long guard) {}

  private final Cudart cudart;
  private final StableApi api;
  private final int index;
  private final long main;
  private final Deque<Current> streams = new ArrayDeque<>();
  private boolean lost;

  private CudaDevice(Cudart cudart, StableApi api, int index) {
    this.cudart = cudart;
    this.api = api;
    this.index = index;
    this.main = cudart.stream();
    enter(main);
  }

  /**
   * Opens a GPU.
   *
   * @throws UserException if libtorch was built without CUDA, there is no such GPU, or an earlier
   *     failure has left CUDA of no use to this process
   */
  static CudaDevice open(Libtorch libtorch, int index) {
    if (!libtorch.api().hasCuda()) {
      throw new UserException(
          "libtorch "
              + libtorch.version()
              + " in "
              + libtorch.folder()
              + " was built without CUDA: point PYTORCH_LIBRARY_PATH at one that was, or compute"
              + " on the CPU.");
    }
    Gpus.ruin()
        .ifPresent(
            reason -> {
              throw new UserException(
                  "No GPU can be used by this process any more: "
                      + reason
                      + "; start the application anew.");
            });
    Cudart cudart = Cudart.open();
    int devices = cudart.devices();
    if (index < 0 || index >= devices) {
      throw new UserException(
          "GPU " + index + " is not there: this process sees " + devices + " GPUs.");
    }
    cudart.setDevice(index);
    return new CudaDevice(cudart, libtorch.api(), index);
  }

  /**
   * After an allocation has failed, no further call is made to the GPU: with captured graphs in the
   * process the next one may end the process without a word. All methods do nothing from now on.
   */
  void lose() {
    lost = true;
    Gpus.ruined("GPU " + index + " ran out of memory");
  }

  boolean lost() {
    return lost;
  }

  int index() {
    return index;
  }

  Device djl() {
    return Device.gpu(index);
  }

  Cudart cudart() {
    return cudart;
  }

  /** Where the thread's work goes now. */
  long stream() {
    return streams.element().stream();
  }

  /** Sends the thread's work to {@code stream} until {@link #leave}. */
  void enter(long stream) {
    if (lost) {
      return;
    }
    streams.push(new Current(stream, api.streamGuard(stream, index)));
  }

  /** Back to the stream before. */
  void leave() {
    if (!lost) {
      api.deleteStreamGuard(streams.pop().guard());
    }
  }

  /** Work of {@code later} begins after all that {@code earlier} has been given so far. */
  void order(long earlier, long later) {
    if (lost) {
      return;
    }
    long event = cudart.event();
    cudart.record(event, earlier);
    cudart.await(later, event);
    cudart.destroyEvent(event);
  }

  void copy(long to, long from, long bytes) {
    if (!lost) {
      cudart.copy(to, from, bytes, stream());
    }
  }

  void synchronize() {
    if (!lost) {
      cudart.synchronize(stream());
    }
  }

  @Override
  public void close() {
    if (lost) {
      return;
    }
    cudart.synchronize(main);
    while (!streams.isEmpty()) {
      leave();
    }
    cudart.destroyStream(main);
  }
}
