package dev.tessera.models.train;

import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Precision;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.Trace;
import dev.tessera.models.runtime.Executable;
import dev.tessera.models.runtime.NativeTensor;
import dev.tessera.models.runtime.Results;
import dev.tessera.models.runtime.TorchRuntime;
import java.util.Optional;

/**
 * The update that ends a step (clipping, AdamW, average) on a group of any size, again and again on
 * one made-up gradient: for measuring it apart from everything else.
 */
public final class UpdateTrial implements AutoCloseable {

  private static final double GRADIENT = 0.01;

  private final TrainingSchedule schedule = new TrainingSchedule(0, 1, 1, 1L << 40, 1L << 40);
  private final GroupState state;
  private final Update update;
  private final NativeTensor gradient;
  private long images;

  public UpdateTrial(TorchRuntime runtime, Group group) {
    state = new GroupState(runtime, group, Optional.empty(), schedule.seed());
    update = new Update(runtime, group, Optional.empty());
    gradient = filled(runtime, group.layout().size());
  }

  private static NativeTensor filled(TorchRuntime runtime, long size) {
    Trace trace = new Trace("fill", Precision.FP32);
    Shape shape = Shape.of(size);
    var program = trace.finish(trace.input("x", DType.FLOAT32, shape).add(GRADIENT));
    try (Executable executable = runtime.load(program);
        NativeTensor zeros = runtime.zeros(DType.FLOAT32, shape);
        Results results = executable.run(zeros)) {
      return results.take(0);
    }
  }

  /** Sets what changes from step to step; the host's part. */
  public void prepare() {
    update.prepare(state, images++, schedule);
  }

  /** One update: work for the device, which the call does not wait for. */
  public void run() {
    update.apply(state, gradient).close();
  }

  /** The flat parameters. */
  public NativeTensor parameters() {
    return state.parameters();
  }

  /** The flat average; null without one. */
  public NativeTensor average() {
    return state.average();
  }

  @Override
  public void close() {
    gradient.close();
    update.close();
    state.close();
  }
}
