package dev.tessera.models.runtime;

import com.sun.jna.Function;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.PointerByReference;
import dev.tessera.models.graph.DType;
import java.nio.file.Files;
import java.nio.file.Path;

/** The functions of libtorch's stable C interface that DJL has no counterpart of. */
final class StableApi {

  private final Function getDataPtr;
  private final Function createTensorFromBlob;
  private final NativeLibrary cuda;

  private StableApi(NativeLibrary library, NativeLibrary cuda) {
    this.cuda = cuda;
    getDataPtr = library.getFunction("aoti_torch_get_data_ptr");
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
  long dataPointer(long handle) {
    PointerByReference result = new PointerByReference();
    check(
        getDataPtr.invokeInt(new Object[] {new Pointer(handle), result}),
        "aoti_torch_get_data_ptr");
    return Pointer.nativeValue(result.getValue());
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

  private static void check(int code, String function) {
    if (code != 0) {
      throw new IllegalStateException(function + " failed with code " + code);
    }
  }
}
