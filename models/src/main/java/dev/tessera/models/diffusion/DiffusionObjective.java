package dev.tessera.models.diffusion;

import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Layout;
import dev.tessera.models.graph.Program;
import dev.tessera.models.graph.Scope;
import dev.tessera.models.graph.Segmentation;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.Target;
import dev.tessera.models.graph.Tensor;
import dev.tessera.models.graph.TensorType;
import dev.tessera.models.graph.Trace;
import dev.tessera.models.train.Group;
import dev.tessera.models.train.LossScale;
import dev.tessera.models.train.Objective;
import dev.tessera.models.train.Phase;
import dev.tessera.models.train.TrainingPrecision;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Denoising at log-normal noise levels, weighted so that every level counts alike at first (Karras
 * et al. 2022, section 5).
 */
public final class DiffusionObjective implements Objective {

  private final DiffusionModel model;
  private final int shards;
  private final int shardBatch;
  private final TrainingPrecision precision;
  private final Target target;
  private final List<Phase> phases;

  /** In float32. */
  public DiffusionObjective(
      DiffusionModel model, int shards, int shardBatch, Segmentation segmentation) {
    this(model, shards, shardBatch, segmentation, TrainingPrecision.FP32, Target.CPU);
  }

  /**
   * @param shards parts of the global batch
   * @param shardBatch pictures of each
   * @param target what the program is written for
   */
  public DiffusionObjective(
      DiffusionModel model,
      int shards,
      int shardBatch,
      Segmentation segmentation,
      TrainingPrecision precision,
      Target target) {
    this.precision = precision;
    this.target = target;
    this.model = model;
    this.shards = shards;
    this.shardBatch = shardBatch;
    this.phases =
        List.of(
            new Phase(
                "denoising",
                DiffusionModel.DENOISER,
                program(segmentation),
                List.of("loss"),
                List.of(),
                Optional.empty(),
                new Phase.Schedule.Always()));
  }

  @Override
  public List<Group> groups() {
    DiffusionRecipe recipe = model.recipe();
    return List.of(new Group(model.layout(), recipe.optimizer(), Optional.of(recipe.ema())));
  }

  @Override
  public Layout state() {
    return Scope.group("state").layout();
  }

  @Override
  public List<Phase> phases() {
    return phases;
  }

  @Override
  public Map<String, TensorType> columns() {
    Map<String, TensorType> columns = new LinkedHashMap<>();
    Signal signal = model.signal();
    columns.put(signal.column(), new TensorType(signal.dtype(), signal.shape(shardBatch)));
    if (model.classes() > 0) {
      columns.put("label", new TensorType(DType.INT32, Shape.of(shardBatch)));
    }
    return columns;
  }

  private Program program(Segmentation segmentation) {
    Trace trace = new Trace("denoising", precision.graph(), target);
    Map<String, Tensor> batch = new LinkedHashMap<>();
    Tensor flat =
        trace.input(DiffusionModel.DENOISER, DType.FLOAT32, Shape.of(model.layout().size()));
    columns()
        .forEach(
            (name, type) ->
                batch.put(name, trace.input("batch_" + name, type.dtype(), type.shape())));
    trace.randomness(trace.scalar("key", DType.INT64));
    LossScale scale = LossScale.input(trace);
    Tensor label = batch.containsKey("label") ? hidden(batch.get("label")) : null;
    Tensor data = model.signal().normalize(batch.get(model.signal().column()));
    Tensor clean = model.recipe().flip() ? flipped(data) : data;
    List<Tensor> losses = new ArrayList<>();
    Tensor gradient =
        trace.gradient(
            model.layout(),
            flat,
            segmentation,
            () -> {
              losses.add(loss(clean, label).mul(1.0 / shards));
              return scale.of(losses.get(0));
            });
    return trace.finish(gradient, losses.get(0).detach().reshape(1));
  }

  private Tensor loss(Tensor clean, Tensor label) {
    Trace trace = clean.trace();
    DiffusionRecipe.Noise noise = model.recipe().noise();
    Tensor sigma =
        trace.normal(Shape.of(clean.dim(0))).mul(noise.deviation()).add(noise.mean()).exp();
    Tensor noisy = clean.add(trace.normal(clean.shape()).mul(EdmPreconditioning.pixelwise(sigma)));
    Tensor error = model.denoise(noisy, sigma, label).sub(clean).square().mean(1, 2, 3);
    Tensor weight = EdmPreconditioning.pixelwise(model.preconditioning().weight(sigma));
    return error.mul(weight).meanAll();
  }

  /** Labels of which some are replaced by the number that means no class. */
  private Tensor hidden(Tensor label) {
    Trace trace = label.trace();
    Tensor index = label.cast(DType.INT64);
    Tensor chance = trace.full(DType.FLOAT32, Shape.of(), model.recipe().labelDropout());
    Tensor hide = trace.uniform(Shape.of(shardBatch)).less(chance);
    return hide.where(trace.full(DType.INT64, index.shape(), model.classes()), index);
  }

  private Tensor flipped(Tensor data) {
    Trace trace = data.trace();
    Tensor half = trace.full(DType.FLOAT32, Shape.of(), 0.5);
    Tensor mirror = trace.uniform(Shape.of(shardBatch)).less(half);
    return EdmPreconditioning.pixelwise(mirror).where(data.flip(3), data);
  }
}
