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
import dev.tessera.models.optimizer.Rule;
import dev.tessera.models.optimizer.Stretch;
import dev.tessera.models.runtime.Executable;
import dev.tessera.models.runtime.NativeTensor;
import dev.tessera.models.runtime.Results;
import dev.tessera.models.runtime.TorchRuntime;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The update of one group as one program: clip, the rule over the runs, averages.
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

  /** Added to root mean squares, as in EDM2. */
  private static final double UNIT_EPS = 1e-4;

  private final Executable executable;
  private final NativeTensor rate;
  private final List<NativeTensor> approaches = new ArrayList<>();

  Update(TorchRuntime runtime, Group group, Optional<LossScaleRecipe> scaling) {
    this(runtime, group, scaling, runtime.target());
  }

  Update(TorchRuntime runtime, Group group, Optional<LossScaleRecipe> scaling, Target target) {
    executable = runtime.load(trace(group, scaling, target));
    rate = runtime.scalar(0f);
    for (int i = 0; i < group.averages().size(); i++) {
      approaches.add(runtime.scalar(0f));
    }
  }

  static Program trace(Group group, Optional<LossScaleRecipe> scaling, Target target) {
    Trace trace = new Trace("update " + group.name(), Precision.FP32, target);
    Layout layout = group.layout();
    OptimizerRecipe recipe = group.optimizer();
    Shape flat = Shape.of(layout.size());
    Tensor parameters = trace.input("parameters", DType.FLOAT32, flat);
    Tensor gradient = trace.input("gradient", DType.FLOAT32, flat);
    List<Tensor> moments = new ArrayList<>();
    for (String moment : group.moments()) {
      moments.add(trace.input(moment, DType.FLOAT32, flat));
    }
    Tensor step = trace.scalar("step", DType.FLOAT32);
    Tensor rate = trace.scalar("learning_rate", DType.FLOAT32);
    List<Tensor> approaches = new ArrayList<>();
    List<Tensor> averages = new ArrayList<>();
    for (int i = 0; i < group.averages().size(); i++) {
      approaches.add(trace.scalar("approach_" + i, DType.FLOAT32));
      averages.add(trace.input("average_" + i, DType.FLOAT32, flat));
    }
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
    Rule rule = recipe.rule();
    boolean fused = !averages.isEmpty() && rule.averages(target);
    for (Layout.Run run : runs(layout, rule, recipe)) {
      boolean matrices = run.kind() == Parameter.Kind.MATRIX;
      results.addAll(
          rule.step(
              new Stretch(
                  part(parameters, run),
                  part(gradient, run),
                  moments.stream().map(moment -> part(moment, run)).toList(),
                  fused ? part(averages.get(0), run) : null,
                  fused ? approaches.get(0) : null,
                  counted,
                  rate,
                  divisor,
                  skipped,
                  matrices ? recipe.weightDecay() : 0,
                  matrices ? matrices(run) : List.of())));
    }
    for (int i = fused ? 1 : 0; i < averages.size(); i++) {
      // A skipped step goes no part of the way.
      Tensor approach = scaled == null ? approaches.get(i) : approaches.get(i).mul(taken);
      results.add(averages.get(i).lerpTo(parameters, approach));
    }
    for (Layout.Run run : layout.runs()) {
      if (run.kind() == Parameter.Kind.UNIT_ROWS) {
        run.slices().forEach(slice -> results.add(unitRows(parameters, slice, skipped)));
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

  /** The runs that a rule treats differently; the whole vector as one where there are none. */
  private static List<Layout.Run> runs(Layout layout, Rule rule, OptimizerRecipe recipe) {
    boolean alike = recipe.weightDecay() == 0 && rule.elementwise();
    return alike
        ? List.of(new Layout.Run("", Parameter.Kind.VECTOR, 0, layout.size(), List.of()))
        : layout.runs();
  }

  private static Tensor part(Tensor flat, Layout.Run run) {
    return run.size() == flat.dim(0) ? flat : flat.narrow(0, run.offset(), run.size());
  }

  private static List<Stretch.Matrix> matrices(Layout.Run run) {
    return run.slices().stream()
        .flatMap(
            slice -> Stretch.Matrix.of(slice.parameter(), slice.offset() - run.offset()).stream())
        .toList();
  }

  /**
   * Rows of root mean square 1 again (Karras et al. 2024, equation 66). After the average has
   * moved, as there.
   */
  private static Tensor unitRows(Tensor parameters, Layout.Slice slice, Tensor skipped) {
    long rows = slice.parameter().shape().dim(0);
    Tensor stored =
        parameters.narrow(0, slice.offset(), slice.size()).reshape(rows, slice.size() / rows);
    Tensor unit = stored.div(stored.rootMeanSquare(1).add(UNIT_EPS));
    return stored.copyFrom(
        skipped == null
            ? unit
            : skipped.greater(LossScale.number(stored.trace(), 0)).where(stored, unit));
  }

  /** Sets what changes from step to step, before {@link #apply}. */
  void prepare(GroupState state, long images, TrainingSchedule schedule) {
    Group group = state.group();
    rate.set((float) group.optimizer().rate(images, schedule.images()));
    for (int i = 0; i < approaches.size(); i++) {
      EmaRecipe ema = group.ema().orElseThrow();
      double keep = ema.keep(i, images + schedule.batch(), schedule.batch());
      approaches.get(i).set((float) (1 - keep));
    }
  }

  /**
   * Applies {@code gradient}, the mean over the global batch, scaled if the group's loss is.
   *
   * @return the vector of an {@link UpdateReport}, owned by the caller
   */
  NativeTensor apply(GroupState state, NativeTensor gradient) {
    List<NativeTensor> arguments = new ArrayList<>(List.of(state.parameters(), gradient));
    arguments.addAll(state.moments());
    arguments.add(state.step());
    arguments.add(rate);
    for (int i = 0; i < approaches.size(); i++) {
      arguments.add(approaches.get(i));
      arguments.add(state.averages().get(i));
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
    approaches.forEach(NativeTensor::close);
  }
}
