package dev.tessera.models.train;

import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Layout;
import dev.tessera.models.graph.Parameter;
import dev.tessera.models.graph.Precision;
import dev.tessera.models.graph.Program;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.Target;
import dev.tessera.models.graph.Tensor;
import dev.tessera.models.graph.Trace;
import dev.tessera.models.runtime.Executable;
import dev.tessera.models.runtime.NativeTensor;
import dev.tessera.models.runtime.Results;
import dev.tessera.models.runtime.TorchRuntime;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The update of one group as one program: clip, AdamW over the runs, average.
 *
 * <p>Where the loss is scaled, the gradient's norm is unscaled and looked at first. If it is not
 * finite, nothing changes but the scale: no parameter, moment or average, no count of updates.
 * Every rank decides so by itself, and alike, since it decides by the gradient that has been summed
 * over all ranks, of which {@link Collective#allReduce} leaves the same bits on each: an infinity
 * or NaN of one rank is one of every rank's. Dividing by the scale is exact while scales are powers
 * of two, and the rounding of one division otherwise: no reciprocal is taken.
 */
final class Update implements AutoCloseable {

  private static final long ROW = 1024;

  private final Executable executable;
  private final NativeTensor rate;
  private final NativeTensor approach;

  Update(TorchRuntime runtime, Group group, Optional<LossScaleRecipe> scaling) {
    this(runtime, group, scaling, runtime.target());
  }

  Update(TorchRuntime runtime, Group group, Optional<LossScaleRecipe> scaling, Target target) {
    executable = runtime.load(trace(group, scaling, target));
    rate = runtime.scalar(0f);
    approach = runtime.scalar(0f);
  }

  static Program trace(Group group, Optional<LossScaleRecipe> scaling, Target target) {
    Trace trace = new Trace("update " + group.name(), Precision.FP32, target);
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
    Tensor scaler = scaling.isPresent() ? LossScale.declare(trace, LossScale.INPUT) : null;
    Scaled scaled = scaler == null ? null : Scaled.of(norm(gradient), scaler, scaling.get());
    Tensor norm = scaled == null ? norm(gradient) : scaled.norm;
    Tensor one = LossScale.number(trace, 1);
    Tensor taken = scaled == null ? one : one.sub(scaled.skipped);
    Tensor counted = step.addInPlace(taken, 1);
    Tensor divisor = divisor(norm, recipe, scaled);
    List<Tensor> results = new ArrayList<>();
    results.add(scaled == null ? norm : scaled.report());
    Tensor skipped = scaled == null ? null : scaled.skipped;
    if (target == Target.GPU) {
      Tensor none = LossScale.number(trace, 0);
      for (Span span : spans(layout, recipe)) {
        results.add(
            span.of(parameters)
                .adamWEma(
                    span.of(gradient),
                    span.of(first),
                    span.of(second),
                    average == null ? null : span.of(average),
                    counted,
                    rate,
                    average == null ? none : approach,
                    divisor == null ? one : divisor,
                    skipped == null ? none : skipped,
                    recipe.beta1(),
                    recipe.beta2(),
                    recipe.eps(),
                    span.decay));
      }
    } else {
      for (Span span : spans(layout, recipe)) {
        results.add(
            span.of(parameters)
                .adamW(
                    span.of(gradient),
                    span.of(first),
                    span.of(second),
                    counted,
                    rate,
                    divisor,
                    skipped,
                    recipe.beta1(),
                    recipe.beta2(),
                    recipe.eps(),
                    span.decay));
      }
      if (average != null) {
        // A skipped step goes no part of the way.
        results.add(average.lerpTo(parameters, scaled == null ? approach : approach.mul(taken)));
      }
    }
    if (scaled != null) {
      results.add(scaler.copyFrom(scaled.next));
    }
    return trace.finish(results.toArray(Tensor[]::new));
  }

  /**
   * What a scaled gradient comes to.
   *
   * @param norm of the gradient without the scale
   * @param scale of this step
   * @param skipped 1 where the gradient is not finite, otherwise 0
   * @param next the scaler's vector for the next step
   */
  private record Scaled(Tensor norm, Tensor scale, Tensor skipped, Tensor next) {

    static Scaled of(Tensor scaledNorm, Tensor scaler, LossScaleRecipe recipe) {
      Trace trace = scaler.trace();
      Tensor scale = LossScale.value(scaler);
      Tensor norm = scaledNorm.div(scale);
      // False for NaN too. Whatever is not finite in the gradient is so in its norm.
      Tensor sound = norm.less(LossScale.number(trace, Double.POSITIVE_INFINITY));
      Tensor skipped = sound.where(LossScale.number(trace, 0), LossScale.number(trace, 1));
      return new Scaled(norm, scale, skipped, LossScale.next(scaler, sound, recipe));
    }

    Tensor report() {
      return UpdateReport.vector(norm, skipped, LossScale.value(next));
    }
  }

  /** What the gradient is divided by: clipping and the loss's scale in one; null for nothing. */
  private static Tensor divisor(Tensor norm, OptimizerRecipe recipe, Scaled scaled) {
    if (recipe.clipNorm() == 0) {
      return scaled == null ? null : scaled.scale;
    }
    Tensor clip = norm.add(1e-6).mul(1 / recipe.clipNorm()).clamp(1, Double.POSITIVE_INFINITY);
    return scaled == null ? clip : clip.mul(scaled.scale);
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
    rate.set((float) group.optimizer().rate(images, schedule.images()));
    group
        .ema()
        .ifPresent(
            ema ->
                approach.set((float) (1 - ema.keep(images + schedule.batch(), schedule.batch()))));
  }

  /**
   * Applies {@code gradient}, the mean over the global batch, scaled if the group's loss is.
   *
   * @return the vector of an {@link UpdateReport}, owned by the caller
   */
  NativeTensor apply(GroupState state, NativeTensor gradient) {
    List<NativeTensor> arguments =
        new ArrayList<>(
            List.of(
                state.parameters(),
                gradient,
                state.firstMoment(),
                state.secondMoment(),
                state.step(),
                rate));
    if (state.average() != null) {
      arguments.add(approach);
      arguments.add(state.average());
    }
    if (state.lossScale() != null) {
      arguments.add(state.lossScale());
    }
    try (Results results = executable.run(arguments)) {
      return results.take(0);
    }
  }

  @Override
  public void close() {
    executable.close();
    rate.close();
    approach.close();
  }
}
