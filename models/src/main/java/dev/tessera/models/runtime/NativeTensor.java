package dev.tessera.models.runtime;

import ai.djl.pytorch.engine.PtNDArray;
import com.sun.jna.Pointer;
import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.TensorType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * A row-major tensor in native memory, owned by whoever holds it. Reading and writing its memory
 * needs no libtorch call; it must be closed on its rank's thread.
 */
public final class NativeTensor implements AutoCloseable {

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

  /** The memory itself in native order, valid until this tensor is closed; at most 2 GiB. */
  public ByteBuffer memory() {
    if (size() == 0) {
      return ByteBuffer.allocate(0).order(ByteOrder.nativeOrder());
    }
    long bytes = size() * type.dtype().bytes();
    return new Pointer(address()).getByteBuffer(0, bytes).order(ByteOrder.nativeOrder());
  }

  /** A part of the memory, for tensors beyond 2 GiB. */
  public ByteBuffer memory(long firstElement, long elements) {
    int width = type.dtype().bytes();
    return new Pointer(address())
        .getByteBuffer(firstElement * width, elements * width)
        .order(ByteOrder.nativeOrder());
  }

  /** A copy of float32 elements. */
  public float[] toFloats() {
    expect(DType.FLOAT32);
    float[] values = new float[Math.toIntExact(size())];
    memory().asFloatBuffer().get(values);
    return values;
  }

  /** A copy of float64 elements. */
  public double[] toDoubles() {
    expect(DType.FLOAT64);
    double[] values = new double[Math.toIntExact(size())];
    memory().asDoubleBuffer().get(values);
    return values;
  }

  /** A copy of int64 elements. */
  public long[] toLongs() {
    expect(DType.INT64);
    long[] values = new long[Math.toIntExact(size())];
    memory().asLongBuffer().get(values);
    return values;
  }

  /** The only element of a float32 tensor. */
  public float item() {
    expect(DType.FLOAT32);
    return memory().getFloat(0);
  }

  public void set(float... values) {
    expect(DType.FLOAT32);
    memory().asFloatBuffer().put(values);
  }

  public void set(double... values) {
    expect(DType.FLOAT64);
    memory().asDoubleBuffer().put(values);
  }

  public void set(long... values) {
    expect(DType.INT64);
    memory().asLongBuffer().put(values);
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
      array.close();
    }
  }
}
