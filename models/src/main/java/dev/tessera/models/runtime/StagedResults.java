package dev.tessera.models.runtime;

import com.sun.jna.Pointer;
import dev.tessera.models.graph.TensorType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * Results that the host reads while the device goes on, the counterpart of {@link StagedTensor}. On
 * a GPU each is copied aside in the order of the rank's stream, so that the next run may write over
 * it, and a stream of its own brings that copy to page-locked memory. Two sets take turns: the host
 * may read one batch while the device computes the next.
 */
public final class StagedResults implements AutoCloseable {

  private final TorchRuntime runtime;
  private final List<TensorType> types;
  private final List<Lane> lanes = new ArrayList<>();
  private final long copies;
  private int sent;
  private int received;

  /** One set: where the host reads, what was copied aside, and when either may be used. */
  private static final class Lane {
    private final List<ByteBuffer> host = new ArrayList<>();
    private final List<NativeTensor> aside = new ArrayList<>();
    private long pinned;
    private long copied;
    private long arrived;
    private int count;
  }

  /**
   * @param types of the results, in the order of the program's
   */
  public StagedResults(TorchRuntime runtime, List<TensorType> types) {
    this.runtime = runtime;
    this.types = List.copyOf(types);
    this.copies = runtime.onGpu() ? runtime.cuda().cudart().stream() : 0;
    for (int i = 0; i < 2; i++) {
      lanes.add(runtime.onGpu() ? pinned() : plain());
    }
  }

  private Lane plain() {
    Lane lane = new Lane();
    for (TensorType type : types) {
      lane.host.add(
          ByteBuffer.allocateDirect(Math.toIntExact(type.bytes())).order(ByteOrder.nativeOrder()));
    }
    return lane;
  }

  private Lane pinned() {
    Cudart cudart = runtime.cuda().cudart();
    Lane lane = new Lane();
    lane.pinned = cudart.pinned(types.stream().mapToLong(StagedResults::room).sum());
    lane.copied = cudart.event();
    lane.arrived = cudart.event();
    long at = lane.pinned;
    for (TensorType type : types) {
      lane.host.add(new Pointer(at).getByteBuffer(0, type.bytes()).order(ByteOrder.nativeOrder()));
      lane.aside.add(runtime.zeros(type.dtype(), type.shape()));
      at += room(type);
    }
    return lane;
  }

  /** Each result begins at a multiple of 64 bytes. */
  private static long room(TensorType type) {
    return Math.max(1, (type.bytes() + 63) / 64) * 64;
  }

  /**
   * Takes down the values that the first results have at this place of the rank's work; they may be
   * written over or freed by whatever is given to the device afterwards.
   *
   * @param results as many as there are, or fewer
   * @throws IllegalStateException if two sets have been sent and neither was received
   */
  public void send(List<NativeTensor> results) {
    if (sent - received == lanes.size()) {
      throw new IllegalStateException("results are sent before the last two were received");
    }
    Lane lane = lanes.get(sent++ % lanes.size());
    lane.count = results.size();
    for (int i = 0; i < lane.count; i++) {
      if (!results.get(i).type().equals(types.get(i))) {
        throw new IllegalArgumentException(
            "results: " + results.get(i).type() + " (expected: " + types.get(i) + ")");
      }
    }
    if (runtime.onGpu()) {
      sendFromGpu(lane, results);
    } else {
      for (int i = 0; i < lane.count; i++) {
        lane.host.get(i).clear().put(results.get(i).memory());
      }
    }
  }

  private void sendFromGpu(Lane lane, List<NativeTensor> results) {
    CudaDevice cuda = runtime.cuda();
    if (cuda.lost()) {
      return;
    }
    Cudart cudart = cuda.cudart();
    // Received means arrived: what was copied aside the time before is no longer needed.
    for (int i = 0; i < lane.count; i++) {
      cuda.copy(
          lane.aside.get(i).address(), results.get(i).address(), results.get(i).type().bytes());
    }
    cudart.record(lane.copied, cuda.stream());
    cudart.await(copies, lane.copied);
    long at = lane.pinned;
    for (int i = 0; i < lane.count; i++) {
      cudart.copy(at, lane.aside.get(i).address(), types.get(i).bytes(), copies);
      at += room(types.get(i));
    }
    cudart.record(lane.arrived, copies);
  }

  /**
   * The oldest results that were sent, in native order; waits until they are there.
   *
   * @return one buffer a result, read from its start, valid until {@link #send} is called again
   * @throws IllegalStateException if nothing is on its way
   */
  public List<ByteBuffer> receive() {
    if (received == sent) {
      throw new IllegalStateException("results are received before they were sent");
    }
    Lane lane = lanes.get(received++ % lanes.size());
    if (runtime.onGpu() && !runtime.lost()) {
      runtime.cuda().cudart().synchronizeEvent(lane.arrived);
    }
    return lane.host.subList(0, lane.count).stream()
        .map(memory -> memory.duplicate().clear().order(ByteOrder.nativeOrder()))
        .toList();
  }

  @Override
  public void close() {
    if (!runtime.onGpu() || runtime.lost()) {
      return;
    }
    Cudart cudart = runtime.cuda().cudart();
    cudart.synchronize(copies);
    for (Lane lane : lanes) {
      cudart.freePinned(lane.pinned);
      cudart.destroyEvent(lane.copied);
      cudart.destroyEvent(lane.arrived);
      lane.aside.forEach(NativeTensor::close);
    }
    cudart.destroyStream(copies);
  }
}
