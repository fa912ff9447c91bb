package dev.tessera.models.kernel;

import com.sun.jna.Function;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.PointerByReference;

/**
 * The functions of CUDA's driver that load and launch machine code, on the context that libtorch
 * has made current in the calling thread.
 */
final class CudaDriver {

  static final int MULTIPROCESSORS = 16;
  static final int MAJOR = 75;
  static final int MINOR = 76;

  /** Bytes of shared memory that a block may ask for. */
  static final int SHARED_BY_REQUEST = 97;

  /** Of a function: bytes of shared memory that launches may ask for. */
  private static final int DYNAMIC_SHARED = 8;

  private final NativeLibrary library = NativeLibrary.getInstance("libcuda.so.1");
  private final Function launch = library.getFunction("cuLaunchKernel");

  int attribute(int attribute, int device) {
    int[] value = new int[1];
    check("cuDeviceGetAttribute", value, attribute, device);
    return value[0];
  }

  /** Machine code made ready in the current context, for as long as that lives. */
  long load(byte[] code) {
    PointerByReference module = new PointerByReference();
    check("cuModuleLoadData", module, code);
    return Pointer.nativeValue(module.getValue());
  }

  long function(long module, String name) {
    PointerByReference function = new PointerByReference();
    check("cuModuleGetFunction", function, new Pointer(module), name);
    return Pointer.nativeValue(function.getValue());
  }

  void allowShared(long function, int bytes) {
    check("cuFuncSetAttribute", new Pointer(function), DYNAMIC_SHARED, bytes);
  }

  /** Gives a launch to the stream; {@code parameters} holds the address of each argument. */
  void launch(long function, Geometry geometry, long stream, Pointer parameters) {
    Object[] arguments = {
      new Pointer(function),
      geometry.gridX(),
      geometry.gridY(),
      geometry.gridZ(),
      geometry.blockX(),
      geometry.blockY(),
      1,
      geometry.sharedBytes(),
      new Pointer(stream),
      parameters,
      Pointer.NULL
    };
    check(launch.invokeInt(arguments), "cuLaunchKernel of " + geometry);
  }

  private void check(String name, Object... arguments) {
    check(library.getFunction(name).invokeInt(arguments), name);
  }

  private void check(int code, String what) {
    if (code != 0) {
      PointerByReference text = new PointerByReference();
      library.getFunction("cuGetErrorString").invokeInt(new Object[] {code, text});
      String reason = text.getValue() == null ? "unknown" : text.getValue().getString(0);
      throw new IllegalStateException(what + " failed: " + reason + " (" + code + ")");
    }
  }
}
