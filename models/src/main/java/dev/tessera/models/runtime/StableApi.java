package dev.tessera.models.runtime;

import com.sun.jna.Function;
import com.sun.jna.Memory;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.PointerByReference;
import dev.tessera.models.graph.DType;
import dev.tessera.models.kernel.TensorLibrary;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * The functions of libtorch's stable C interface that DJL has no counterpart of. Their signatures
 * are the same from libtorch 2.7 to 2.11.
 */
final class StableApi implements TensorLibrary {

  /** Where our operators are defined, for libtorch's messages; it keeps the address. */
  private static final Memory ORIGIN = text("dev.tessera.models.kernel");

  private final NativeLibrary library;
  private final NativeLibrary cuda;
  private final Function getDataPtr;
  private final Function createTensorFromBlob;
  private final Function emptyStrided;
  private final Function deleteTensor;
  private final Function getDim;
  private final Function getSizes;
  private final Function getStrides;
  private final Function getDtype;
  private final Function getDeviceType;
  private final Function getDeviceIndex;

  private StableApi(NativeLibrary library, NativeLibrary cuda) {
    this.library = library;
    this.cuda = cuda;
    getDataPtr = library.getFunction("aoti_torch_get_data_ptr");
    emptyStrided = library.getFunction("aoti_torch_empty_strided");
    deleteTensor = library.getFunction("aoti_torch_delete_tensor_object");
    getDim = library.getFunction("aoti_torch_get_dim");
    getSizes = library.getFunction("aoti_torch_get_sizes");
    getStrides = library.getFunction("aoti_torch_get_strides");
    getDtype = library.getFunction("aoti_torch_get_dtype");
    getDeviceType = library.getFunction("aoti_torch_get_device_type");
    getDeviceIndex = library.getFunction("aoti_torch_get_device_index");
    createTensorFromBlob = library.getFunction("aoti_torch_create_tensor_from_blob");
  }

  static StableApi open(Path folder) {
    Path cuda = folder.resolve(System.mapLibraryName("torch_cuda"));
    return new StableApi(
        NativeLibrary.getInstance(folder.resolve(System.mapLibraryName("torch_cpu")).toString()),
        Files.exists(cuda) ? NativeLibrary.getInstance(cuda.toString()) : null);
  }

  /** Whether this libtorch was built with CUDA. */
  boolean hasCuda() {
    return cuda != null;
  }

  /** Sends the calling thread's work to a stream of the GPU until the guard is deleted. */
  long streamGuard(long stream, int device) {
    PointerByReference guard = new PointerByReference();
    String function = "aoti_torch_create_cuda_stream_guard";
    check(
        cuda.getFunction(function).invokeInt(new Object[] {new Pointer(stream), device, guard}),
        function);
    return Pointer.nativeValue(guard.getValue());
  }

  void deleteStreamGuard(long guard) {
    String function = "aoti_torch_delete_cuda_stream_guard";
    check(cuda.getFunction(function).invokeInt(new Object[] {new Pointer(guard)}), function);
  }

  /** Address of the first element of the tensor behind {@code handle}, an {@code at::Tensor*}. */
  @Override
  public long dataPointer(long handle) {
    long[] result = new long[1];
    call(getDataPtr, new Pointer(handle), result);
    return result[0];
  }

  @Override
  public long fragment(String namespace) {
    PointerByReference opened = new PointerByReference();
    call(library.getFunction("aoti_torch_library_init_fragment"), namespace, ORIGIN, 0, opened);
    return Pointer.nativeValue(opened.getValue());
  }

  @Override
  public long implementations(String namespace, String dispatchKey) {
    PointerByReference opened = new PointerByReference();
    call(
        library.getFunction("aoti_torch_library_init_impl"),
        namespace,
        dispatchKey,
        ORIGIN,
        0,
        opened);
    return Pointer.nativeValue(opened.getValue());
  }

  @Override
  public void define(long opened, String schema) {
    call(library.getFunction("aoti_torch_library_def"), new Pointer(opened), schema);
  }

  @Override
  public void implement(long opened, String name, Boxed body) {
    call(library.getFunction("aoti_torch_library_impl"), new Pointer(opened), name, body);
  }

  @Override
  public long empty(long[] sizes, long[] strides, int scalarType, int deviceType, int device) {
    PointerByReference result = new PointerByReference();
    Object[] arguments = {
      (long) sizes.length,
      nonEmpty(sizes),
      nonEmpty(strides),
      scalarType,
      deviceType,
      device,
      result
    };
    if (emptyStrided.invokeInt(arguments) != 0) {
      // The interface tells no reason, and there is no other one.
      throw new IllegalStateException(
          "out of memory: no room for a tensor of " + Arrays.toString(sizes));
    }
    return Pointer.nativeValue(result.getValue());
  }

  @Override
  public void delete(long tensor) {
    call(deleteTensor, new Pointer(tensor));
  }

  @Override
  public void copy(long to, long from) {
    call(library.getFunction("aoti_torch_copy_"), new Pointer(to), new Pointer(from), 0);
  }

  @Override
  public long[] sizes(long tensor) {
    return numbers(getSizes, tensor);
  }

  @Override
  public long[] strides(long tensor) {
    return numbers(getStrides, tensor);
  }

  private long[] numbers(Function getter, long tensor) {
    long[] rank = new long[1];
    call(getDim, new Pointer(tensor), rank);
    long[] borrowed = new long[1];
    call(getter, new Pointer(tensor), borrowed);
    return new Pointer(borrowed[0]).getLongArray(0, (int) rank[0]);
  }

  @Override
  public int scalarType(long tensor) {
    return number(getDtype, tensor);
  }

  @Override
  public int deviceType(long tensor) {
    return number(getDeviceType, tensor);
  }

  @Override
  public int deviceIndex(long tensor) {
    return number(getDeviceIndex, tensor);
  }

  private static int number(Function getter, long tensor) {
    int[] result = new int[1];
    call(getter, new Pointer(tensor), result);
    return result[0];
  }

  @Override
  public long currentStream(int device) {
    PointerByReference stream = new PointerByReference();
    call(cuda.getFunction("aoti_torch_get_current_cuda_stream"), device, stream);
    return Pointer.nativeValue(stream.getValue());
  }

  /** A row-major tensor over host memory, which must outlive it; no copy. */
  long fromBlob(long address, long[] sizes, DType dtype) {
    long[] strides = new long[sizes.length];
    long stride = 1;
    for (int i = sizes.length - 1; i >= 0; i--) {
      strides[i] = stride;
      stride *= Math.max(1, sizes[i]);
    }
    PointerByReference result = new PointerByReference();
    Object[] arguments = {
      new Pointer(address),
      (long) sizes.length,
      nonEmpty(sizes),
      nonEmpty(strides),
      0L,
      scalarType(dtype),
      0,
      0,
      result
    };
    check(createTensorFromBlob.invokeInt(arguments), "aoti_torch_create_tensor_from_blob");
    return Pointer.nativeValue(result.getValue());
  }

  /** JNA passes no array of length 0. */
  private static long[] nonEmpty(long[] values) {
    return values.length == 0 ? new long[1] : values;
  }

  private static int scalarType(DType dtype) {
    return switch (dtype) {
      case UINT8 -> 0;
      case INT32 -> 3;
      case INT64 -> 4;
      case FLOAT16 -> 5;
      case FLOAT32 -> 6;
      case FLOAT64 -> 7;
      case BOOL -> 11;
      case BFLOAT16 ->
          throw new IllegalArgumentException(
              "dtype: BFLOAT16 (expected: another; it lives inside programs only)");
    };
  }

  private static Memory text(String ascii) {
    Memory memory = new Memory(ascii.length() + 1L);
    memory.setString(0, ascii, "US-ASCII");
    return memory;
  }

  private static void call(Function function, Object... arguments) {
    check(function.invokeInt(arguments), function.getName());
  }

  private static void check(int code, String function) {
    if (code != 0) {
      throw new IllegalStateException(function + " failed with code " + code);
    }
  }
}
