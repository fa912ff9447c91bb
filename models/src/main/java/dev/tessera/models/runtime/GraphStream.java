package dev.tessera.models.runtime;

/**
 * A stream of a GPU on which steps are run a few times and then captured as CUDA graphs. The
 * caching allocator keeps blocks apart by stream; since nothing else runs on this one, no other
 * work ever gets the memory that a graph computes in, and nothing needs to be reserved for it. That
 * ends where libtorch runs short of memory: before it gives up it returns all cached blocks to the
 * driver, those of a graph too, and the graph must not be launched again.
 */
public final class GraphStream implements AutoCloseable {

  /** System property: {@code false} runs everything program by program. */
  private static final String SWITCH = "tessera.cuda.graphs";

  private final TorchRuntime runtime;
  private final long stream;

  public GraphStream(TorchRuntime runtime) {
    if (!runtime.onGpu()) {
      throw new IllegalArgumentException("runtime: on the CPU (expected: on a GPU)");
    }
    this.runtime = runtime;
    this.stream = cudart().stream();
  }

  /** Whether graphs shall be captured at all in this process. */
  public static boolean wanted() {
    return Boolean.parseBoolean(System.getProperty(SWITCH, "true"));
  }

  /** Runs {@code body} on this stream, between what came before and what comes after. */
  public void run(Runnable body) {
    CudaDevice cuda = runtime.cuda();
    long outer = cuda.stream();
    cuda.order(outer, stream);
    cuda.enter(stream);
    try {
      body.run();
    } finally {
      cuda.leave();
    }
    cuda.order(stream, outer);
  }

  /**
   * Captures the device's share of {@code body}, which must be what has been run before: no
   * waiting, no copies from the host. It is not executed. Results of programs that {@code body}
   * keeps hold what the last launch left there.
   *
   * @throws IllegalStateException with CUDA's reason, if it cannot be captured
   */
  public StepGraph capture(Runnable body) {
    CudaDevice cuda = runtime.cuda();
    cuda.order(cuda.stream(), stream);
    cuda.enter(stream);
    boolean captured = false;
    try {
      cuda.synchronize();
      cudart().beginCapture(stream);
      body.run();
      long executable = cudart().endCapture(stream);
      captured = true;
      return new StepGraph(this, executable);
    } finally {
      if (!captured && !runtime.lost()) {
        cudart().abandonCapture(stream);
      }
      cuda.leave();
    }
  }

  void launch(long executable) {
    run(() -> cudart().launch(executable, stream));
  }

  void destroy(long executable) {
    if (!runtime.lost()) {
      cudart().destroyGraph(executable);
    }
  }

  private Cudart cudart() {
    return runtime.cuda().cudart();
  }

  @Override
  public void close() {
    if (!runtime.lost()) {
      cudart().synchronize(stream);
      cudart().destroyStream(stream);
    }
  }
}
