package dev.tessera.models.train;

import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Layout;
import dev.tessera.models.graph.Parameter;
import dev.tessera.models.graph.Precision;
import dev.tessera.models.graph.Program;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.Tensor;
import dev.tessera.models.graph.Trace;
import dev.tessera.models.runtime.Executable;
import dev.tessera.models.runtime.NativeTensor;
import dev.tessera.models.runtime.Results;
import dev.tessera.models.runtime.TorchRuntime;
import java.util.ArrayList;
import java.util.List;

/** The update of one group as one program: clip, AdamW over the runs, average. */
final class Update implements AutoCloseable {

  private static final long ROW = 1024;

  private final Executable executable;
  private final NativeTensor step;
  private final NativeTensor rate;
  private final NativeTensor approach;

  Update(TorchRuntime runtime, Group group) {
    executable = runtime.load(trace(group));
    step = runtime.scalar(0f);
    rate = runtime.scalar(0f);
    approach = runtime.scalar(0f);
  }

  static Program trace(Group group) {
    Trace trace = new Trace("update " + group.name(), Precision.FP32);
    Layout layout = group.layout();
    OptimizerRecipe recipe = group.optimizer();
    Shape flat = Shape.of(layout.size());
    Tensor parameters = trace.input("parameters", DType.FLOAT32, flat);
    Tensor gradient = trace.input("gradient", DType.FLOAT32, flat);
    Tensor first = trace.input("exp_avg", DType.FLOAT32, flat);
    Tensor second = trace.input("exp_avg_sq", DType.FLOAT32, flat);
    Tensor step = trace.scalar("step", DType.FLOAT32);
    Tensor rate = trace.scalar("learning_rate", DType.FLOAT32);
    Tensor approach = group.ema().isPresent() ? trace.scalar("approach", DType.FLOAT32) : null;
    Tensor average = approach == null ? null : trace.input("ema", DType.FLOAT32, flat);
    Tensor norm = norm(gradient);
    Tensor divisor =
        recipe.clipNorm() > 0
            ? norm.add(1e-6).mul(1 / recipe.clipNorm()).clamp(1, Double.POSITIVE_INFINITY)
            : null;
    List<Tensor> results = new ArrayList<>(List.of(norm));
    for (Span span : spans(layout, recipe)) {
      results.add(
          span.of(parameters)
              .adamW(
                  span.of(gradient),
                  span.of(first),
                  span.of(second),
                  step,
                  rate,
                  divisor,
                  recipe.beta1(),
                  recipe.beta2(),
                  recipe.eps(),
                  span.decay));
    }
    if (average != null) {
      results.add(average.lerpTo(parameters, approach));
    }
    return trace.finish(results.toArray(Tensor[]::new));
  }

  /**
   * Of rows, then of their norms: one pass without a copy of the vector, and float32 sums of a
   * thousand terms rather than of millions.
   */
  private static Tensor norm(Tensor vector) {
    long rows = vector.dim(0) / ROW;
    List<Tensor> parts = new ArrayList<>();
    if (rows > 0) {
      parts.add(vector.narrow(0, 0, rows * ROW).reshape(rows, ROW).norm(1).reshape(rows));
    }
    if (vector.dim(0) > rows * ROW) {
      parts.add(vector.narrow(0, rows * ROW, vector.dim(0) - rows * ROW).norm(0));
    }
    return Tensor.cat(0, parts).norm(0).reshape();
  }

  /** A stretch of the flat vector under one decay. */
  private record Span(long offset, long size, double decay) {
    Tensor of(Tensor flat) {
      return size == flat.shape().size() ? flat : flat.narrow(0, offset, size);
    }
  }

  private static List<Span> spans(Layout layout, OptimizerRecipe recipe) {
    if (recipe.weightDecay() == 0) {
      return List.of(new Span(0, layout.size(), 0));
    }
    return layout.runs().stream()
        .map(
            run ->
                new Span(
                    run.offset(),
                    run.size(),
                    run.kind() == Parameter.Kind.MATRIX ? recipe.weightDecay() : 0))
        .toList();
  }

  /** Sets what changes from step to step, before {@link #apply}. */
  void prepare(GroupState state, long images, TrainingSchedule schedule) {
    Group group = state.group();
    state.updates(state.updates() + 1);
    step.set((float) state.updates());
    rate.set((float) group.optimizer().rate(images, schedule.images()));
    group
        .ema()
        .ifPresent(
            ema ->
                approach.set((float) (1 - ema.keep(images + schedule.batch(), schedule.batch()))));
  }

  /**
   * Applies {@code gradient}, the mean over the global batch.
   *
   * @return its norm, owned by the caller
   */
  NativeTensor apply(GroupState state, NativeTensor gradient) {
    List<NativeTensor> arguments =
        new ArrayList<>(
            List.of(
                state.parameters(),
                gradient,
                state.firstMoment(),
                state.secondMoment(),
                step,
                rate));
    if (state.average() != null) {
      arguments.add(approach);
      arguments.add(state.average());
    }
    try (Results results = executable.run(arguments)) {
      return results.take(0);
    }
  }

  @Override
  public void close() {
    executable.close();
    step.close();
    rate.close();
    approach.close();
  }
}
