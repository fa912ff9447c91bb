package dev.tessera.models.train;

import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Hash;
import dev.tessera.models.graph.Initializer;
import dev.tessera.models.graph.Layout;
import dev.tessera.models.graph.Parameter;
import dev.tessera.models.graph.Scope;
import dev.tessera.models.graph.Segmentation;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.Target;
import dev.tessera.models.graph.Tensor;
import dev.tessera.models.graph.TensorType;
import dev.tessera.models.graph.Trace;
import java.nio.ByteBuffer;
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
  private final BatchColumn x;
  private final BatchColumn y;

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
    x = new BatchColumn("x", new TensorType(DType.FLOAT32, Shape.of(shardBatch, FEATURES)));
    y = new BatchColumn("y", new TensorType(DType.FLOAT32, Shape.of(shardBatch, 1)));
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
  public List<BatchColumn> columns() {
    return List.of(x, y);
  }

  @Override
  public List<Phase> phases() {
    Fit fit = new Fit();
    return List.of(fit.phase.finish(new Phase.Schedule.Always()), judge(fit.residual));
  }

  private final class Fit {
    private final PhaseBuilder phase =
        new PhaseBuilder("fit", model, shards, precision, Target.CPU);
    private Carry residual;

    Fit() {
      phase.state(state);
      Tensor input = phase.column(x);
      Tensor wanted = phase.column(y);
      phase.randomness();
      Tensor scale = phase.knob(new Knob("scale", images -> 1 + images / 1000.0));
      Trace trace = phase.trace();
      phase.gradient(
          Segmentation.WHOLE,
          () -> {
            Tensor drawn = trace.normal(input.shape()).mul(noise);
            Tensor seen = input.sub(trace.weight(mean)).add(drawn);
            Tensor hidden = seen.linear(trace.weight(first), trace.weight(bias)).tanh();
            Tensor error = hidden.linear(trace.weight(second), null).sub(wanted);
            residual = phase.carry("residual", error);
            Tensor loss = phase.share(error.square().meanAll().mul(scale));
            phase.metricShare("loss", loss);
            return loss;
          });
      phase.metric("scale", scale);
      Statistics means = phase.statistics(phase.share(input.mean(0).reshape(FEATURES)));
      phase.updateState(
          "average",
          update -> {
            Tensor weight = LossScale.number(update.state().trace(), 0.1);
            Tensor moved = update.state().lerpTo(update.statistics(means), weight);
            update.metrics(List.of("mean_0"), moved.narrow(0, 0, 1));
          });
    }
  }

  private Phase judge(Carry residual) {
    PhaseBuilder phase = new PhaseBuilder("judge", critic, shards, precision, Target.CPU);
    Tensor error = phase.carried(residual);
    phase.gradient(
        Segmentation.WHOLE,
        () -> {
          Tensor guess = error.abs().linear(phase.trace().weight(slope), null);
          Tensor loss = phase.share(guess.sub(error.square()).square().meanAll());
          phase.metricShare("critic_loss", loss);
          return loss;
        });
    return phase.finish(critics);
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
