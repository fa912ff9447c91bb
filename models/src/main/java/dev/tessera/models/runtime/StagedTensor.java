package dev.tessera.models.runtime;

import com.sun.jna.Pointer;
import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.TensorType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * A tensor that the host fills again and again, at an address that stays. On the CPU the host
 * writes into the tensor itself. On a GPU it writes into one of two page-locked buffers, which a
 * stream of its own copies to the device while the step before still computes; the tensor changes
 * in the order of the rank's stream.
 */
public final class StagedTensor implements AutoCloseable {

  private final TorchRuntime runtime;
  private final NativeTensor tensor;
  private final Lane[] lanes;
  private final long copies;
  private int turn;

  /** One page-locked buffer, its copy on the device, and when each may be written again. */
  private record Lane(long pinned, NativeTensor arrived, long sent, long taken) {}

  private StagedTensor(TorchRuntime runtime, NativeTensor tensor, Lane[] lanes, long copies) {
    this.runtime = runtime;
    this.tensor = tensor;
    this.lanes = lanes;
    this.copies = copies;
  }

  /** A new tensor of zeros. */
  public static StagedTensor zeros(TorchRuntime runtime, DType dtype, Shape shape) {
    NativeTensor tensor = runtime.zeros(dtype, shape);
    if (!runtime.onGpu() || tensor.size() == 0) {
      return new StagedTensor(runtime, tensor, new Lane[0], 0);
    }
    Cudart cudart = runtime.cuda().cudart();
    Lane[] lanes = new Lane[2];
    for (int i = 0; i < lanes.length; i++) {
      lanes[i] =
          new Lane(
              cudart.pinned(bytes(tensor.type())),
              runtime.zeros(dtype, shape),
              cudart.event(),
              cudart.event());
    }
    runtime.synchronize();
    return new StagedTensor(runtime, tensor, lanes, cudart.stream());
  }

  private static long bytes(TensorType type) {
    return type.shape().size() * type.dtype().bytes();
  }

  /** What programs take. */
  public NativeTensor tensor() {
    return tensor;
  }

  /** Where the host writes before the next {@link #send}, from the start. */
  public ByteBuffer memory() {
    if (tensor.size() == 0) {
      return ByteBuffer.allocate(0).order(ByteOrder.nativeOrder());
    }
    if (lanes.length == 0) {
      return tensor.memory();
    }
    Lane lane = lanes[turn];
    cudart().synchronizeEvent(lane.sent);
    return new Pointer(lane.pinned)
        .getByteBuffer(0, bytes(tensor.type()))
        .order(ByteOrder.nativeOrder());
  }

  /** Makes what has been written the tensor's value for all work given from now on. */
  public void send() {
    if (lanes.length == 0) {
      return;
    }
    Lane lane = lanes[turn];
    turn = (turn + 1) % lanes.length;
    long stream = runtime.cuda().stream();
    long bytes = bytes(tensor.type());
    cudart().await(copies, lane.taken);
    cudart().copy(lane.arrived.address(), lane.pinned, bytes, copies);
    cudart().record(lane.sent, copies);
    cudart().await(stream, lane.sent);
    cudart().copy(tensor.address(), lane.arrived.address(), bytes, stream);
    cudart().record(lane.taken, stream);
  }

  private Cudart cudart() {
    return runtime.cuda().cudart();
  }

  @Override
  public void close() {
    if (lanes.length > 0 && !runtime.lost()) {
      cudart().synchronize(copies);
      for (Lane lane : lanes) {
        cudart().freePinned(lane.pinned);
        cudart().destroyEvent(lane.sent);
        cudart().destroyEvent(lane.taken);
        lane.arrived.close();
      }
      cudart().destroyStream(copies);
    }
    tensor.close();
  }
}
