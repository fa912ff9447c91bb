package dev.tessera.models.train;

import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Hash;
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
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * A small model that uses all that a loop offers: a network fits {@code y}, its residual is carried
 * to a critic, the mean input is a statistic in the state, a knob scales the loss.
 */
final class TinyObjective implements Objective {

  static final int FEATURES = 6;
  private static final int HIDDEN = 16;

  private final int shards;
  private final int shardBatch;
  private final double noise;
  private final Phase.Schedule critics;
  private final OptimizerRecipe optimizer;
  private final TrainingPrecision precision;
  private final Layout model;
  private final Layout critic;
  private final Layout state;
  private final Parameter first;
  private final Parameter bias;
  private final Parameter second;
  private final Parameter slope;
  private final Parameter mean;

  TinyObjective(
      int shards, int shardBatch, double noise, Phase.Schedule critics, OptimizerRecipe optimizer) {
    this(shards, shardBatch, noise, critics, optimizer, TrainingPrecision.FP32);
  }

  private TinyObjective(
      int shards,
      int shardBatch,
      double noise,
      Phase.Schedule critics,
      OptimizerRecipe optimizer,
      TrainingPrecision precision) {
    this.precision = precision;
    this.shards = shards;
    this.shardBatch = shardBatch;
    this.noise = noise;
    this.critics = critics;
    this.optimizer = optimizer;
    Scope scope = Scope.group("model");
    first = scope.matrix("first", Shape.of(HIDDEN, FEATURES), Initializer.xavier(FEATURES, HIDDEN));
    bias = scope.vector("bias", Shape.of(HIDDEN), Initializer.zeros());
    second = scope.matrix("second", Shape.of(1, HIDDEN), Initializer.xavier(HIDDEN, 1));
    model = scope.layout();
    Scope judge = Scope.group("critic");
    slope = judge.matrix("slope", Shape.of(1, 1), Initializer.ones());
    critic = judge.layout();
    Scope buffers = Scope.group("state");
    mean = buffers.vector("mean", Shape.of(FEATURES), Initializer.zeros());
    state = buffers.layout();
  }

  static TinyObjective of(int shards, int shardBatch) {
    return new TinyObjective(
        shards, shardBatch, 0.1, new Phase.Schedule.Always(), OptimizerRecipe.defaults());
  }

  static TinyObjective of(int shards, int shardBatch, TrainingPrecision precision) {
    return new TinyObjective(
        shards,
        shardBatch,
        0.1,
        new Phase.Schedule.Always(),
        OptimizerRecipe.defaults(),
        precision);
  }

  @Override
  public List<Group> groups() {
    return List.of(
        new Group(model, optimizer, Optional.of(new EmaRecipe.HalfLife(500, 0.05))),
        new Group(critic, optimizer, Optional.empty()));
  }

  @Override
  public Layout state() {
    return state;
  }

  @Override
  public Map<String, TensorType> columns() {
    Map<String, TensorType> columns = new LinkedHashMap<>();
    columns.put("x", new TensorType(DType.FLOAT32, Shape.of(shardBatch, FEATURES)));
    columns.put("y", new TensorType(DType.FLOAT32, Shape.of(shardBatch, 1)));
    return columns;
  }

  @Override
  public double knob(String name, long images) {
    return name.equals("scale") ? 1 + images / 1000.0 : Objective.super.knob(name, images);
  }

  @Override
  public List<Phase> phases() {
    return List.of(
        new Phase(
            "fit",
            "model",
            fit(),
            List.of("loss", "scale"),
            List.of("residual"),
            Optional.of(new Phase.StateUpdate(average(), List.of("mean_0"))),
            new Phase.Schedule.Always()),
        new Phase(
            "judge",
            "critic",
            judge(),
            List.of("critic_loss"),
            List.of(),
            Optional.empty(),
            critics));
  }

  private Program fit() {
    Trace trace = new Trace("fit", precision.graph());
    Tensor flat = trace.input("model", DType.FLOAT32, Shape.of(model.size()));
    Tensor buffers = trace.input("state", DType.FLOAT32, Shape.of(state.size()));
    Tensor x = trace.input("batch_x", DType.FLOAT32, Shape.of(shardBatch, FEATURES));
    Tensor y = trace.input("batch_y", DType.FLOAT32, Shape.of(shardBatch, 1));
    trace.randomness(trace.scalar("key", DType.INT64));
    Tensor scale = trace.scalar("knob_scale", DType.FLOAT32);
    LossScale lossScale = LossScale.input(trace);
    trace.bind(state, buffers);
    Tensor[] kept = new Tensor[2];
    Tensor gradient =
        trace.gradient(
            model,
            flat,
            Segmentation.WHOLE,
            () -> {
              Tensor seen = x.sub(trace.weight(mean)).add(trace.normal(x.shape()).mul(noise));
              Tensor hidden = seen.linear(trace.weight(first), trace.weight(bias)).tanh();
              kept[0] = hidden.linear(trace.weight(second), null).sub(y);
              kept[1] = kept[0].square().meanAll().mul(scale).mul(1.0 / shards);
              return lossScale.of(kept[1]);
            });
    Tensor statistics = x.mean(0).reshape(FEATURES).mul(1.0 / shards);
    Tensor summary =
        Tensor.cat(
            0,
            List.of(kept[1].detach().reshape(1), scale.mul(1.0 / shards).reshape(1), statistics));
    return trace.finish(gradient, summary, kept[0].detach());
  }

  private Program average() {
    Trace trace = new Trace("average", Precision.FP32);
    Tensor buffers = trace.input("state", DType.FLOAT32, Shape.of(state.size()));
    Tensor summary = trace.input("summary", DType.FLOAT32, Shape.of(2 + FEATURES));
    Tensor weight = trace.full(DType.FLOAT32, Shape.of(), 0.1);
    return trace.finish(buffers.lerpTo(summary.narrow(0, 2, FEATURES), weight).narrow(0, 0, 1));
  }

  private Program judge() {
    Trace trace = new Trace("judge", precision.graph());
    Tensor flat = trace.input("critic", DType.FLOAT32, Shape.of(critic.size()));
    Tensor residual = trace.input("carry_residual", DType.FLOAT32, Shape.of(shardBatch, 1));
    LossScale lossScale = LossScale.input(trace);
    Tensor[] kept = new Tensor[1];
    Tensor gradient =
        trace.gradient(
            critic,
            flat,
            Segmentation.WHOLE,
            () -> {
              Tensor guess = residual.abs().linear(trace.weight(slope), null);
              kept[0] = guess.sub(residual.square()).square().meanAll().mul(1.0 / shards);
              return lossScale.of(kept[0]);
            });
    return trace.finish(gradient, kept[0].detach().reshape(1));
  }

  /** Row {@code draw} of a shard, a pure function of both. */
  static void fill(int shard, long firstDraw, int count, Map<String, ByteBuffer> columns) {
    ByteBuffer x = columns.get("x");
    ByteBuffer y = columns.get("y");
    for (long draw = firstDraw; draw < firstDraw + count; draw++) {
      SplittableRandom random = new SplittableRandom(Hash.of(shard, draw));
      double sum = 0;
      for (int i = 0; i < FEATURES; i++) {
        double value = random.nextDouble(-1, 2);
        sum += value * (i - 2);
        x.putFloat((float) value);
      }
      y.putFloat((float) Math.tanh(sum / 3));
    }
  }
}
