package dev.tessera.models.train;

import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Initializer;
import dev.tessera.models.graph.Layout;
import dev.tessera.models.graph.Parameter;
import dev.tessera.models.graph.Precision;
import dev.tessera.models.graph.Program;
import dev.tessera.models.graph.Scope;
import dev.tessera.models.graph.Segmentation;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.Tensor;
import dev.tessera.models.graph.TensorType;
import dev.tessera.models.graph.Trace;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A root at 0, whose value is a number and whose slope is none. */
final class SharpObjective implements Objective {

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
  public Map<String, TensorType> columns() {
    return Map.of("x", new TensorType(DType.FLOAT32, Shape.of(1, 3)));
  }

  @Override
  public List<Phase> phases() {
    return List.of(
        new Phase(
            "fit",
            "model",
            program(),
            List.of("loss"),
            List.of(),
            Optional.empty(),
            new Phase.Schedule.Always()));
  }

  private Program program() {
    Trace trace = new Trace("fit", Precision.FP32);
    Tensor flat = trace.input("model", DType.FLOAT32, Shape.of(model.size()));
    Tensor x = trace.input("batch_x", DType.FLOAT32, Shape.of(1, 3));
    Tensor[] loss = new Tensor[1];
    Tensor gradient =
        trace.gradient(
            model,
            flat,
            Segmentation.WHOLE,
            () -> {
              loss[0] = x.mul(trace.weight(weight)).square().sumAll().sqrt();
              return loss[0];
            });
    return trace.finish(gradient, loss[0].detach().reshape(1));
  }
}
