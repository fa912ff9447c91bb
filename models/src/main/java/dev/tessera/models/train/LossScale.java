package dev.tessera.models.train;

import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Initializer;
import dev.tessera.models.graph.Layout;
import dev.tessera.models.graph.Scope;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.Tensor;
import dev.tessera.models.graph.Trace;
import java.util.List;
import java.util.Optional;

/**
 * The factor of a differentiated loss in a gradient program whose products are float16. Its value
 * belongs to the group and lies on the device, as the float32 vector {@code [3]}: the scale, steps
 * since it changed or a step was skipped, steps skipped since it last grew.
 */
public final class LossScale {

  /** The argument's name in gradient programs. */
  static final String INPUT = "loss_scale";

  private static final int SCALE = 0;
  private static final int CLEAN = 1;
  private static final int SKIPPED = 2;

  private final Tensor vector;

  private LossScale(Tensor vector) {
    this.vector = vector;
  }

  /**
   * Declares the argument where a program needs it, which is in float16; to be called among the
   * program's other arguments.
   */
  public static LossScale input(Trace trace) {
    return new LossScale(
        trace.precision().compute() == DType.FLOAT16 ? declare(trace, INPUT) : null);
  }

  static Tensor declare(Trace trace, String argument) {
    return trace.input(argument, DType.FLOAT32, Shape.of(SKIPPED + 1));
  }

  /** Whether there is one; without, {@link #of} leaves losses as they are. */
  public boolean isPresent() {
    return vector != null;
  }

  /** The loss to differentiate; the one to report is {@code loss} itself. */
  public Tensor of(Tensor loss) {
    return vector == null ? loss : loss.mul(part(vector, SCALE));
  }

  /** What is proportional to a scaled loss as if it had not been scaled. */
  public Tensor undo(Tensor scaled) {
    return vector == null ? scaled : scaled.div(part(vector, SCALE));
  }

  /**
   * How the losses of a group are scaled; empty where they are not.
   *
   * @throws IllegalStateException if its phases disagree, or compute in float16 without a scale
   */
  static Optional<LossScaleRecipe> of(Objective objective, Group group, TrainingSchedule schedule) {
    List<Phase> phases =
        objective.phases().stream().filter(p -> p.group().equals(group.name())).toList();
    long scaled = phases.stream().filter(Phase::scaled).count();
    boolean all = scaled == phases.size();
    if (scaled > 0 ? !all : schedule.precision() == TrainingPrecision.FP16 && !all) {
      throw new IllegalStateException(
          "group " + group.name() + " has float16 gradients of a loss that is not scaled");
    }
    return scaled > 0 ? Optional.of(schedule.lossScale()) : Optional.empty();
  }

  /** The vector's elements by their names in a checkpoint, with their first values. */
  static Layout layout(LossScaleRecipe recipe) {
    Scope scope = Scope.group(INPUT);
    scope.vector("scale", Shape.of(1), new Initializer.Constant(recipe.initial()));
    scope.vector("clean_steps", Shape.of(1), Initializer.zeros());
    scope.vector("skipped_steps", Shape.of(1), Initializer.zeros());
    return scope.layout();
  }

  /** The scale, without dimensions. */
  static Tensor value(Tensor vector) {
    return part(vector, SCALE);
  }

  /**
   * The vector {@code [3]} after a step.
   *
   * @param sound whether the step's gradient was finite, a truth value without dimensions
   */
  static Tensor next(Tensor vector, Tensor sound, LossScaleRecipe recipe) {
    Tensor scale = part(vector, SCALE);
    Tensor clean = part(vector, CLEAN).add(1);
    Tensor skipped = part(vector, SKIPPED).add(1);
    Trace trace = vector.trace();
    Tensor zero = number(trace, 0);
    Tensor due = number(trace, recipe.growthInterval()).lessOrEqual(clean);
    Tensor spent = number(trace, recipe.hysteresis()).lessOrEqual(skipped);
    Tensor larger = scale.mul(recipe.growth());
    // A gradient of zeros lets it grow for ever; it stays a number.
    Tensor grown = larger.less(number(trace, Double.POSITIVE_INFINITY)).where(larger, scale);
    Tensor fallen = scale.mul(recipe.backoff());
    return Tensor.cat(
        0,
        List.of(
            sound.where(due.where(grown, scale), spent.where(fallen, scale)).reshape(1),
            sound.where(due.where(zero, clean), zero).reshape(1),
            sound.where(due.where(zero, part(vector, SKIPPED)), skipped).reshape(1)));
  }

  static Tensor number(Trace trace, double value) {
    return trace.full(DType.FLOAT32, Shape.of(), value);
  }

  private static Tensor part(Tensor vector, int index) {
    return vector.narrow(0, index, 1).reshape(Shape.of());
  }
}
