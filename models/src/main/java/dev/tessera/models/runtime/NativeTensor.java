package dev.tessera.models.runtime;

import ai.djl.pytorch.engine.PtNDArray;
import com.sun.jna.Pointer;
import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.TensorType;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * A row-major tensor in native memory, owned by whoever holds it. Reading and writing its memory
 * needs no libtorch call; it must be closed on its rank's thread.
 */
public final class NativeTensor implements AutoCloseable {

  private static final long STAGED_BY_CUDA = 64 << 10;

  private final TorchRuntime runtime;
  private final PtNDArray array;
  private final TensorType type;
  private final Object keptAlive;
  private long address;
  private boolean closed;

  NativeTensor(TorchRuntime runtime, PtNDArray array, TensorType type, Object keptAlive) {
    this.runtime = runtime;
    this.array = array;
    this.type = type;
    this.keptAlive = keptAlive;
  }

  public TensorType type() {
    return type;
  }

  public Shape shape() {
    return type.shape();
  }

  /** Elements. */
  public long size() {
    return type.shape().size();
  }

  /** Whether the host can read the memory itself. */
  public boolean onHost() {
    return !runtime.onGpu();
  }

  /** The GPU that holds it, -1 for the CPU. */
  public int device() {
    return runtime.device();
  }

  /** Address of the first element; 0 for an empty tensor. */
  public long address() {
    if (closed) {
      throw new IllegalStateException("a tensor of " + type + " is used after it was closed");
    }
    if (address == 0 && size() > 0) {
      address = runtime.dataPointer(array);
    }
    return address;
  }

  /**
   * The memory itself in native order, valid until this tensor is closed; at most 2 GiB, of a
   * tensor of the CPU.
   */
  public ByteBuffer memory() {
    expectHost();
    if (size() == 0) {
      return ByteBuffer.allocate(0).order(ByteOrder.nativeOrder());
    }
    long bytes = size() * type.dtype().bytes();
    return new Pointer(address()).getByteBuffer(0, bytes).order(ByteOrder.nativeOrder());
  }

  /** A part of the memory, for tensors beyond 2 GiB. */
  public ByteBuffer memory(long firstElement, long elements) {
    expectHost();
    int width = type.dtype().bytes();
    return new Pointer(address())
        .getByteBuffer(firstElement * width, elements * width)
        .order(ByteOrder.nativeOrder());
  }

  /**
   * What the host reads: the memory itself of a tensor of the CPU; of a GPU's a copy, for which the
   * call waits.
   */
  public ByteBuffer hostMemory() {
    if (!runtime.onGpu()) {
      return memory();
    }
    ByteBuffer copy = hostBuffer(size());
    download(copy, 0, size());
    return copy;
  }

  /** Writes elements from the host's memory. */
  public void upload(ByteBuffer source, long firstElement, long elements) {
    if (runtime.onGpu()) {
      runtime.checkThread();
      try {
        runtime.cuda().copy(addressOf(firstElement), Host.address(source), bytes(elements));
        // The source may be changed once this returns.
        runtime.cuda().synchronize();
      } finally {
        Reference.reachabilityFence(source);
      }
    } else {
      memory(firstElement, elements)
          .put(source.duplicate().limit(source.position() + (int) bytes(elements)));
    }
  }

  /** Reads elements into the host's memory, and waits for them. */
  public void download(ByteBuffer target, long firstElement, long elements) {
    if (runtime.onGpu()) {
      runtime.checkThread();
      try {
        runtime.cuda().copy(Host.address(target), addressOf(firstElement), bytes(elements));
        runtime.cuda().synchronize();
      } finally {
        Reference.reachabilityFence(target);
      }
    } else {
      target.duplicate().put(memory(firstElement, elements));
    }
  }

  /**
   * Takes the values of a tensor of the same type, in the order of the rank's work; on a GPU the
   * call does not wait.
   */
  public void copyFrom(NativeTensor source) {
    if (!source.type.equals(type)) {
      throw new IllegalArgumentException("source: " + source.type + " (expected: " + type + ")");
    }
    if (runtime.onGpu()) {
      runtime.checkThread();
      runtime.cuda().copy(address(), source.address(), bytes(size()));
      return;
    }
    long portion = Integer.MAX_VALUE / type.dtype().bytes();
    for (long at = 0; at < size(); at += portion) {
      long elements = Math.min(portion, size() - at);
      memory(at, elements).put(source.memory(at, elements));
    }
  }

  private long addressOf(long element) {
    return address() + bytes(element);
  }

  private long bytes(long elements) {
    return elements * type.dtype().bytes();
  }

  private ByteBuffer hostBuffer(long elements) {
    return ByteBuffer.allocateDirect(Math.toIntExact(bytes(elements)))
        .order(ByteOrder.nativeOrder());
  }

  private void expectHost() {
    if (runtime.onGpu()) {
      throw new IllegalStateException("a tensor of " + type + " lies on a GPU");
    }
  }

  /** A copy of float32 elements. */
  public float[] toFloats() {
    expect(DType.FLOAT32);
    float[] values = new float[Math.toIntExact(size())];
    hostMemory().asFloatBuffer().get(values);
    return values;
  }

  /** A copy of float64 elements. */
  public double[] toDoubles() {
    expect(DType.FLOAT64);
    double[] values = new double[Math.toIntExact(size())];
    hostMemory().asDoubleBuffer().get(values);
    return values;
  }

  /** A copy of int64 elements. */
  public long[] toLongs() {
    expect(DType.INT64);
    long[] values = new long[Math.toIntExact(size())];
    hostMemory().asLongBuffer().get(values);
    return values;
  }

  /** The only element of a float32 tensor. */
  public float item() {
    expect(DType.FLOAT32);
    return hostMemory().getFloat(0);
  }

  public void set(float... values) {
    expect(DType.FLOAT32);
    if (runtime.onGpu()) {
      ByteBuffer source = hostBuffer(values.length);
      source.asFloatBuffer().put(values);
      write(source, values.length);
    } else {
      memory().asFloatBuffer().put(values);
    }
  }

  public void set(double... values) {
    expect(DType.FLOAT64);
    if (runtime.onGpu()) {
      ByteBuffer source = hostBuffer(values.length);
      source.asDoubleBuffer().put(values);
      write(source, values.length);
    } else {
      memory().asDoubleBuffer().put(values);
    }
  }

  public void set(long... values) {
    expect(DType.INT64);
    if (runtime.onGpu()) {
      ByteBuffer source = hostBuffer(values.length);
      source.asLongBuffer().put(values);
      write(source, values.length);
    } else {
      memory().asLongBuffer().put(values);
    }
  }

  /**
   * CUDA copies up to 64 KiB of ordinary memory aside before it returns, so that a scalar's new
   * value waits for nothing; more is waited for.
   */
  private void write(ByteBuffer source, long elements) {
    if (bytes(elements) > STAGED_BY_CUDA) {
      upload(source, 0, elements);
    } else {
      runtime.checkThread();
      try {
        runtime.cuda().copy(address(), Host.address(source), bytes(elements));
      } finally {
        Reference.reachabilityFence(source);
      }
    }
  }

  private void expect(DType dtype) {
    if (type.dtype() != dtype) {
      throw new IllegalStateException("a tensor of " + type + " is used as " + dtype);
    }
  }

  PtNDArray array() {
    if (closed) {
      throw new IllegalStateException("a tensor of " + type + " is used after it was closed");
    }
    return array;
  }

  Object keptAlive() {
    return keptAlive;
  }

  @Override
  public void close() {
    if (!closed) {
      runtime.checkThread();
      closed = true;
      if (!runtime.lost()) {
        array.close();
      }
    }
  }
}
