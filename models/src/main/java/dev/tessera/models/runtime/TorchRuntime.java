package dev.tessera.models.runtime;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.JniUtils;
import dev.tessera.models.UserException;
import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Program;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.Target;
import dev.tessera.models.graph.TensorType;
import dev.tessera.models.graph.archive.Archive;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;

/**
 * A rank's access to libtorch: loads programs and makes tensors. It belongs to the thread that
 * opened it, and refuses every other: a second native thread in a JVM runs several times slower for
 * good once another has used libtorch's own threads.
 */
public final class TorchRuntime implements AutoCloseable {

  /**
   * System property: {@code false} lets cuDNN choose convolutions by rules instead of trying them
   * out in the first steps, so that two processes choose alike.
   */
  private static final String CUDNN_BENCHMARK = "tessera.cudnn.benchmark";

  private final Thread owner = Thread.currentThread();
  private final Libtorch libtorch;
  private final CudaDevice cuda;
  private final PtNDManager manager;

  private TorchRuntime(Libtorch libtorch, CudaDevice cuda) {
    this.libtorch = libtorch;
    this.cuda = cuda;
    Device device = cuda == null ? Device.cpu() : cuda.djl();
    this.manager = (PtNDManager) NDManager.newBaseManager(device, "PyTorch");
  }

  /** Opens a runtime on the CPU; the calling thread becomes the rank's. */
  public static TorchRuntime onCpu() {
    return new TorchRuntime(Libtorch.load(), null);
  }

  /**
   * Opens a runtime on a GPU; the calling thread becomes the rank's. What it is given runs in the
   * order of one stream, while the host goes on. cuDNN tries convolutions out in the first steps.
   *
   * @param index the GPU's number among those this process sees
   * @throws UserException if there is no such GPU
   */
  public static TorchRuntime onGpu(int index) {
    return onGpu(index, Boolean.parseBoolean(System.getProperty(CUDNN_BENCHMARK, "true")));
  }

  /**
   * As {@link #onGpu}, with convolutions that cuDNN chooses by rules: all processes on GPUs of one
   * kind choose alike, so that codes do not depend on the task that made them.
   */
  public static TorchRuntime onGpuByRules(int index) {
    return onGpu(index, false);
  }

  private static TorchRuntime onGpu(int index, boolean tryOut) {
    Libtorch libtorch = Libtorch.load();
    CudaDevice device = CudaDevice.open(libtorch, index);
    // The process's: the last runtime that was opened decides.
    JniUtils.setBenchmarkCuDNN(tryOut);
    return new TorchRuntime(libtorch, device);
  }

  /** The GPU's number, -1 for the CPU. */
  public int device() {
    return cuda == null ? -1 : cuda.index();
  }

  public boolean onGpu() {
    return cuda != null;
  }

  /** What programs that run here should be written for. */
  public Target target() {
    return cuda == null ? Target.CPU : Target.GPU;
  }

  /**
   * The {@code cudaStream_t} that the rank's work goes to now, for libraries beside libtorch: what
   * they are given on it is done in the order of the rank's work, and captured with it.
   *
   * @throws IllegalStateException on the CPU
   */
  public long stream() {
    checkThread();
    if (cuda == null) {
      throw new IllegalStateException("a runtime of the CPU has no stream");
    }
    return cuda.stream();
  }

  /**
   * What the GPU is.
   *
   * @throws IllegalStateException on the CPU
   */
  public GpuFacts gpu() {
    if (cuda == null) {
      throw new IllegalStateException("a runtime of the CPU has no GPU");
    }
    return GpuFacts.of(cuda.cudart(), cuda.index());
  }

  /**
   * What the GPU is called and what drives it.
   *
   * @throws IllegalStateException on the CPU
   */
  public GpuVersions gpuVersions() {
    if (cuda == null) {
      throw new IllegalStateException("a runtime of the CPU has no GPU");
    }
    return GpuVersions.of(cuda.cudart(), cuda.index());
  }

  CudaDevice cuda() {
    return cuda;
  }

  /** Waits until the device has done all it was given. */
  public void synchronize() {
    checkThread();
    if (cuda != null) {
      cuda.synchronize();
    }
  }

  /** Whether the GPU ran out of memory: nothing more is asked of it, not even to free. */
  boolean lost() {
    return cuda != null && cuda.lost();
  }

  /** {@code e} as it should be told: a GPU's lack of memory in one sentence, and for good. */
  RuntimeException told(RuntimeException e, String what) {
    if (cuda == null || !DeviceMemory.isExhausted(e)) {
      return new IllegalStateException(what + ": " + e.getMessage(), e);
    }
    cuda.lose();
    return DeviceMemory.exhausted(what, e);
  }

  /** Loads a program; it holds no weights. */
  public Executable load(Program program) {
    checkThread();
    try {
      PtSymbolBlock block =
          JniUtils.loadModule(manager, new ByteArrayInputStream(Archive.of(program)), false, false);
      return new Executable(this, program, block);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (RuntimeException e) {
      throw new IllegalStateException(
          "Cannot load program " + program.name() + ": " + e.getMessage() + "\n" + program.text(),
          e);
    }
  }

  /**
   * Loads a TorchScript file of somebody else's, weights included, onto this runtime's device.
   *
   * @param name of the file, for messages
   * @throws UserException if it is none that this libtorch loads
   */
  public ScriptModule script(InputStream file, String name) throws IOException {
    checkThread();
    try {
      PtSymbolBlock block = JniUtils.loadModule(manager, file, true, false);
      return new ScriptModule(this, manager, block, name);
    } catch (RuntimeException e) {
      throw new UserException(
          name
              + " is no TorchScript file that libtorch "
              + libtorch.version()
              + " loads (expected: what torch.jit.save writes, not torch.save): "
              + String.valueOf(e.getMessage()).lines().findFirst().orElse(""),
          e);
    }
  }

  /** A new tensor of zeros. */
  public NativeTensor zeros(DType dtype, Shape shape) {
    checkThread();
    TensorType type = new TensorType(dtype, shape);
    DataType element = dataType(dtype);
    try {
      return adopt(
          manager.zeros(new ai.djl.ndarray.types.Shape(shape.toArray()), element), type, null);
    } catch (RuntimeException e) {
      throw told(e, "a tensor of " + type);
    }
  }

  /** A new scalar. */
  public NativeTensor scalar(float value) {
    NativeTensor tensor = zeros(DType.FLOAT32, Shape.of());
    tensor.set(value);
    return tensor;
  }

  /** A new int64 scalar. */
  public NativeTensor scalar(long value) {
    NativeTensor tensor = zeros(DType.INT64, Shape.of());
    tensor.set(value);
    return tensor;
  }

  /** A tensor over the remaining bytes of a direct buffer, which it keeps alive; no copy. */
  public NativeTensor wrap(ByteBuffer memory, DType dtype, Shape shape) {
    checkThread();
    if (!memory.isDirect() || memory.remaining() < shape.size() * dtype.bytes()) {
      throw new IllegalArgumentException(
          "memory: " + memory + " (expected: a direct buffer for " + dtype + shape + ")");
    }
    long address = Host.address(memory);
    long handle = libtorch.api().fromBlob(address, shape.toArray(), dtype);
    PtNDArray array = new PtNDArray(manager, handle);
    array.detach();
    return new NativeTensor(this, array, new TensorType(dtype, shape), memory);
  }

  NativeTensor adopt(NDArray array, TensorType type, Object keptAlive) {
    // Lives until its holder closes it, not as long as the manager of some other tensor.
    array.detach();
    return new NativeTensor(this, (PtNDArray) array, type, keptAlive);
  }

  long dataPointer(PtNDArray array) {
    return libtorch.api().dataPointer(array.getHandle());
  }

  void checkThread() {
    if (Thread.currentThread() != owner) {
      throw new IllegalStateException(
          "libtorch of "
              + owner.getName()
              + " is called by "
              + Thread.currentThread().getName()
              + " (expected: the rank's own thread)");
    }
  }

  static DataType dataType(DType dtype) {
    return switch (dtype) {
      case UINT8 -> DataType.UINT8;
      case INT32 -> DataType.INT32;
      case INT64 -> DataType.INT64;
      case FLOAT16 -> DataType.FLOAT16;
      case FLOAT32 -> DataType.FLOAT32;
      case FLOAT64 -> DataType.FLOAT64;
      case BOOL -> DataType.BOOLEAN;
      case BFLOAT16 ->
          throw new IllegalArgumentException(
              "dtype: BFLOAT16 (expected: another; it lives inside programs only)");
    };
  }

  @Override
  public void close() {
    checkThread();
    if (!lost()) {
      manager.close();
      if (cuda != null) {
        cuda.close();
      }
    }
  }
}
