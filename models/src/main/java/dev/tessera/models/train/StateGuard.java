package dev.tessera.models.train;

import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Precision;
import dev.tessera.models.graph.Program;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.Tensor;
import dev.tessera.models.graph.Trace;
import dev.tessera.models.runtime.Executable;
import dev.tessera.models.runtime.NativeTensor;
import dev.tessera.models.runtime.TorchRuntime;

/**
 * Keeps the state vector as it was in a step that turns out to be skipped. The host does not know
 * which those are, so the change is always made, on a copy's mercy, and taken back on the device.
 */
final class StateGuard implements AutoCloseable {

  private final NativeTensor before;
  private final Executable keep;
  private final Executable settle;

  /**
   * @param size of the state vector
   */
  StateGuard(TorchRuntime runtime, long size) {
    before = runtime.zeros(DType.FLOAT32, Shape.of(size));
    keep = runtime.load(keep(size));
    settle = runtime.load(settle(size));
  }

  static Program keep(long size) {
    Trace trace = new Trace("keep state", Precision.FP32);
    Tensor before = trace.input("before", DType.FLOAT32, Shape.of(size));
    Tensor state = trace.input("state", DType.FLOAT32, Shape.of(size));
    return trace.finish(before.copyFrom(state));
  }

  static Program settle(long size) {
    Trace trace = new Trace("settle state", Precision.FP32);
    Tensor state = trace.input("state", DType.FLOAT32, Shape.of(size));
    Tensor before = trace.input("before", DType.FLOAT32, Shape.of(size));
    Tensor report = trace.input("report", DType.FLOAT32, Shape.of(UpdateReport.SCALED_SIZE));
    return trace.finish(state.copyFrom(UpdateReport.skipped(report).where(before, state)));
  }

  /** Before the state changes. */
  void keep(NativeTensor state) {
    keep.run(before, state).close();
  }

  /**
   * After it has changed.
   *
   * @param report of the step's {@link Update}
   */
  void settle(NativeTensor state, NativeTensor report) {
    settle.run(state, before, report).close();
  }

  @Override
  public void close() {
    before.close();
    keep.close();
    settle.close();
  }
}
