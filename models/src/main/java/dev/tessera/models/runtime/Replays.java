package dev.tessera.models.runtime;

import dev.tessera.models.UserException;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Programs that are called again and again with arguments that stay where they are: inference at a
 * fixed batch. On a GPU each runs a few times on a stream that nothing else uses, is then captured
 * as a CUDA graph, and from there on its hundreds of kernels are launched as one. Where that is not
 * wanted or cannot be, and on the CPU, the program itself is called.
 */
public final class Replays implements AutoCloseable {

  /** Enough for libraries to choose their algorithms and for the allocator to have its blocks. */
  private static final int WARM_UP = 3;

  private static final Logger LOG = LoggerFactory.getLogger(Replays.class);

  private final GraphStream stream;
  private final List<Replay> all = new ArrayList<>();
  private boolean refused;

  private Replays(GraphStream stream) {
    this.stream = stream;
    this.refused = !GraphStream.wanted();
  }

  /** With CUDA graphs on a GPU, whose memory stays theirs until this is closed. */
  public static Replays captured(TorchRuntime runtime) {
    return new Replays(runtime.onGpu() ? new GraphStream(runtime) : null);
  }

  /** Without: for what runs now and then beside other work, and shall hold no memory between. */
  public static Replays called() {
    return new Replays(null);
  }

  /**
   * Calls of a program, which stays the caller's to close after this.
   *
   * @param arguments of every call: their values may change between calls, their places may not
   */
  public Replay of(Executable program, List<NativeTensor> arguments) {
    Replay replay = new Replay(program, List.copyOf(arguments));
    all.add(replay);
    return replay;
  }

  /** The calls of one program. */
  public final class Replay {

    private final Executable program;
    private final List<NativeTensor> arguments;
    private int runs;
    private StepGraph graph;
    private Results results;

    private Replay(Executable program, List<NativeTensor> arguments) {
      this.program = program;
      this.arguments = arguments;
    }

    /**
     * Gives one call to the device.
     *
     * @return its results, which stay this object's and hold until the next call or {@link
     *     #release}
     */
    public Results run() {
      if (stream == null) {
        call();
        return results;
      }
      if (graph == null && !refused && runs >= WARM_UP) {
        capture();
      }
      runs++;
      if (graph == null) {
        stream.run(this::call);
      } else {
        graph.launch();
      }
      return results;
    }

    /** Frees the results of a call that was not captured. */
    public void release() {
      if (graph == null && results != null) {
        results.close();
        results = null;
      }
    }

    private void call() {
      release();
      results = program.run(arguments);
    }

    private void capture() {
      stream.run(this::release);
      try {
        graph = stream.capture(() -> results = program.run(arguments));
      } catch (UserException e) {
        throw e;
      } catch (RuntimeException e) {
        refused = true;
        release();
        LOG.warn(
            "Program {} is called without a CUDA graph: {}",
            program.program().name(),
            e.getMessage());
      }
    }

    private void end() {
      if (graph != null) {
        graph.close();
      }
      if (results != null) {
        results.close();
      }
    }
  }

  @Override
  public void close() {
    all.forEach(Replay::end);
    if (stream != null) {
      stream.close();
    }
  }
}
