package dev.tessera.models.train;

import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Initializer;
import dev.tessera.models.graph.Layout;
import dev.tessera.models.graph.Parameter;
import dev.tessera.models.graph.Scope;
import dev.tessera.models.graph.Segmentation;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.Target;
import dev.tessera.models.graph.Tensor;
import dev.tessera.models.graph.TensorType;
import java.util.List;
import java.util.Optional;

/** A root at 0, whose value is a number and whose slope is none. */
final class SharpObjective implements Objective {

  private static final BatchColumn X =
      new BatchColumn("x", new TensorType(DType.FLOAT32, Shape.of(1, 3)));

  private final Parameter weight;
  private final Layout model;
  private final Layout state;

  SharpObjective() {
    Scope scope = Scope.group("model");
    weight = scope.vector("weight", Shape.of(3), Initializer.zeros());
    model = scope.layout();
    state = Scope.group("state").layout();
  }

  @Override
  public List<Group> groups() {
    return List.of(new Group(model, OptimizerRecipe.defaults(), Optional.empty()));
  }

  @Override
  public Layout state() {
    return state;
  }

  @Override
  public List<BatchColumn> columns() {
    return List.of(X);
  }

  @Override
  public List<Phase> phases() {
    PhaseBuilder phase = new PhaseBuilder("fit", model, 1, TrainingPrecision.FP32, Target.CPU);
    Tensor x = phase.column(X);
    phase.gradient(
        Segmentation.WHOLE,
        () -> {
          Tensor loss = x.mul(phase.trace().weight(weight)).square().sumAll().sqrt();
          phase.metric("loss", loss);
          return loss;
        });
    return List.of(phase.finish(new Phase.Schedule.Always()));
  }
}
