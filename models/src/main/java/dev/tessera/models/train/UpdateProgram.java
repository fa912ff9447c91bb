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
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Traces the update of one group: {@link Unscaled}, {@link Clip}, the {@link Rule} over the runs of
 * the layout, {@link Averages}, {@link Constraint}. A rule that moves the first average in its own
 * pass does so where there is one.
 *
 * <p>Where the loss is scaled, the gradient's norm is unscaled and looked at first. If it is not
 * finite, nothing changes but the scale: no parameter, moment or average, no count of updates.
 * Every rank decides so by itself, and alike, since it decides by the gradient that has been summed
 * over all ranks, of which {@link Collective#allReduce} leaves the same bits on each: an infinity
 * or NaN of one rank is one of every rank's.
 */
final class UpdateProgram {

  private final Layout layout;
  private final OptimizerRecipe recipe;
  private final Trace trace;
  private final Tensor parameters;
  private final Tensor gradient;
  private final List<Tensor> moments = new ArrayList<>();
  private final Tensor step;
  private final Tensor rate;
  private final Averages averages;
  private final Optional<LossScaler> scaler;

  UpdateProgram(Group group, Optional<LossScaleRecipe> scaling, Target target) {
    layout = group.layout();
    recipe = group.optimizer();
    trace = new Trace("update " + group.name(), Precision.FP32, target);
    parameters = vector("parameters");
    gradient = vector("gradient");
    group.moments().forEach(moment -> moments.add(vector(moment)));
    step = trace.scalar("step", DType.FLOAT32);
    rate = trace.scalar("learning_rate", DType.FLOAT32);
    averages = Averages.declare(trace, group, recipe.rule().averages(target));
    scaler = scaling.map(s -> new LossScaler(LossScale.declare(trace, LossScale.INPUT), s));
  }

  private Tensor vector(String argument) {
    return trace.input(argument, DType.FLOAT32, Shape.of(layout.size()));
  }

  Program trace() {
    Unscaled unscaled = Unscaled.of(Clip.norm(gradient), scaler);
    Tensor counted = step.addInPlace(unscaled.taken(), 1);
    Tensor divisor = Clip.divisor(unscaled, recipe.clipNorm());
    List<Tensor> results = new ArrayList<>();
    results.add(unscaled.report());
    for (Layout.Run run : runs()) {
      results.addAll(recipe.rule().step(stretch(run, counted, divisor, unscaled.skipped())));
    }
    results.addAll(averages.move(parameters, unscaled));
    for (Constraint constraint : Constraint.all()) {
      results.addAll(constraint.apply(layout, parameters, unscaled.skipped()));
    }
    results.addAll(unscaled.rescale());
    return trace.finish(results.toArray(Tensor[]::new));
  }

  private Stretch stretch(Layout.Run run, Tensor counted, Tensor divisor, Tensor skipped) {
    boolean matrices = run.kind() == Parameter.Kind.MATRIX;
    return new Stretch(
        part(parameters, run),
        part(gradient, run),
        moments.stream().map(moment -> part(moment, run)).toList(),
        averages.withRule().map(average -> part(average, run)).orElse(null),
        averages.approachWithRule().orElse(null),
        counted,
        rate,
        divisor,
        skipped,
        matrices ? recipe.weightDecay() : 0,
        matrices ? matrices(run) : List.of());
  }

  /** The runs that the rule treats differently; the whole vector as one where there are none. */
  private List<Layout.Run> runs() {
    boolean alike = recipe.weightDecay() == 0 && recipe.rule().elementwise();
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
}
