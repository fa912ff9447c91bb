package dev.tessera.models.runtime;

import com.sun.jna.Function;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.FloatByReference;
import com.sun.jna.ptr.LongByReference;
import com.sun.jna.ptr.PointerByReference;
import dev.tessera.models.UserException;

/**
 * The functions of CUDA's runtime library that are needed beside libtorch. Their signatures have
 * been the same since CUDA 12, so that one binding serves every later one; addresses and handles
 * are plain numbers.
 */
final class Cudart {

  private static final String[] NAMES = {"libcudart.so.13", "libcudart.so.12", "libcudart.so"};
  private static final int COPY_BY_ADDRESS = 4;
  private static final int NON_BLOCKING_STREAM = 1;
  private static final int EVENT_WITH_TIME = 0;
  private static final int EVENT_WITHOUT_TIME = 2;
  private static final int RELAXED_CAPTURE = 2;

  private static Cudart opened;

  private final NativeLibrary library;

  private Cudart(NativeLibrary library) {
    this.library = library;
  }

  /** The library that libtorch has loaded already, found by its name. */
  static synchronized Cudart open() {
    if (opened == null) {
      StringBuilder reasons = new StringBuilder();
      for (String name : NAMES) {
        try {
          opened = new Cudart(NativeLibrary.getInstance(name));
          return opened;
        } catch (UnsatisfiedLinkError e) {
          reasons.append(reasons.isEmpty() ? "" : "; ").append(e.getMessage());
        }
      }
      throw new UserException(
          "CUDA's runtime library cannot be loaded ("
              + reasons
              + "): put its folder into LD_LIBRARY_PATH, or compute on the CPU.");
    }
    return opened;
  }

  int devices() {
    int[] count = new int[1];
    Function function = library.getFunction("cudaGetDeviceCount");
    return function.invokeInt(new Object[] {count}) == 0 ? count[0] : 0;
  }

  void setDevice(int device) {
    call("cudaSetDevice", device);
  }

  /** A stream that does not wait for the default one. */
  long stream() {
    PointerByReference stream = new PointerByReference();
    call("cudaStreamCreateWithFlags", stream, NON_BLOCKING_STREAM);
    return Pointer.nativeValue(stream.getValue());
  }

  void synchronize(long stream) {
    call("cudaStreamSynchronize", new Pointer(stream));
  }

  void destroyStream(long stream) {
    call("cudaStreamDestroy", new Pointer(stream));
  }

  long event() {
    return event(EVENT_WITHOUT_TIME);
  }

  /** An event that keeps the time at which the device reached it. */
  long timedEvent() {
    return event(EVENT_WITH_TIME);
  }

  private long event(int flags) {
    PointerByReference event = new PointerByReference();
    call("cudaEventCreateWithFlags", event, flags);
    return Pointer.nativeValue(event.getValue());
  }

  /** Seconds between two timed events that the device has reached. */
  double seconds(long earlier, long later) {
    FloatByReference milliseconds = new FloatByReference();
    call("cudaEventElapsedTime", milliseconds, new Pointer(earlier), new Pointer(later));
    return milliseconds.getValue() / 1e3;
  }

  void record(long event, long stream) {
    call("cudaEventRecord", new Pointer(event), new Pointer(stream));
  }

  /** Work given to {@code stream} from now on begins after {@code event}. */
  void await(long stream, long event) {
    call("cudaStreamWaitEvent", new Pointer(stream), new Pointer(event), 0);
  }

  /** Blocks the calling thread until {@code event}. */
  void synchronizeEvent(long event) {
    call("cudaEventSynchronize", new Pointer(event));
  }

  void destroyEvent(long event) {
    call("cudaEventDestroy", new Pointer(event));
  }

  /** Copies between host and device, or within either, in the order of {@code stream}. */
  void copy(long to, long from, long bytes, long stream) {
    call(
        "cudaMemcpyAsync",
        new Pointer(to),
        new Pointer(from),
        bytes,
        COPY_BY_ADDRESS,
        new Pointer(stream));
  }

  /** Page-locked host memory: copies from it overlap with computation. */
  long pinned(long bytes) {
    PointerByReference memory = new PointerByReference();
    call("cudaHostAlloc", memory, bytes, 0);
    return Pointer.nativeValue(memory.getValue());
  }

  void freePinned(long memory) {
    call("cudaFreeHost", new Pointer(memory));
  }

  /** A number of {@code cudaDeviceAttr}. */
  int attribute(int attribute, int device) {
    int[] value = new int[1];
    call("cudaDeviceGetAttribute", value, attribute, device);
    return value[0];
  }

  /** The runtime's version, 13000 for 13.0. */
  int version() {
    int[] version = new int[1];
    call("cudaRuntimeGetVersion", version);
    return version[0];
  }

  /** The newest CUDA that the driver serves, 13000 for 13.0. */
  int driverVersion() {
    int[] version = new int[1];
    call("cudaDriverGetVersion", version);
    return version[0];
  }

  /** Bytes that the device has free, then bytes it has. */
  long[] memory() {
    LongByReference free = new LongByReference();
    LongByReference total = new LongByReference();
    call("cudaMemGetInfo", free, total);
    return new long[] {free.getValue(), total.getValue()};
  }

  void beginCapture(long stream) {
    call("cudaStreamBeginCapture", new Pointer(stream), RELAXED_CAPTURE);
  }

  /** Ends the capture and makes what was captured launchable. */
  long endCapture(long stream) {
    PointerByReference graph = new PointerByReference();
    call("cudaStreamEndCapture", new Pointer(stream), graph);
    PointerByReference executable = new PointerByReference();
    call("cudaGraphInstantiate", executable, graph.getValue(), 0L);
    call("cudaGraphDestroy", graph.getValue());
    return Pointer.nativeValue(executable.getValue());
  }

  /** Ends a capture that failed; its own error is of no interest to anybody. */
  void abandonCapture(long stream) {
    PointerByReference graph = new PointerByReference();
    library
        .getFunction("cudaStreamEndCapture")
        .invokeInt(new Object[] {new Pointer(stream), graph});
    forgetError();
  }

  /**
   * CUDA keeps the last error of a thread until somebody asks, and libtorch would take it for one
   * of its next call. Errors that end the process's use of the device stay all the same.
   */
  private void forgetError() {
    library.getFunction("cudaGetLastError").invokeInt(new Object[0]);
  }

  void launch(long executable, long stream) {
    call("cudaGraphLaunch", new Pointer(executable), new Pointer(stream));
  }

  void destroyGraph(long executable) {
    call("cudaGraphExecDestroy", new Pointer(executable));
  }

  private void call(String name, Object... arguments) {
    int code = library.getFunction(name).invokeInt(arguments);
    if (code != 0) {
      String reason =
          library.getFunction("cudaGetErrorString").invokeString(new Object[] {code}, false);
      String told = name + " failed: " + reason + " (" + code + ")";
      Gpus.notice(code, told);
      throw new IllegalStateException(told);
    }
  }
}
