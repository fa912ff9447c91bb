package dev.tessera.models.train;

import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Layout;
import dev.tessera.models.graph.Segmentation;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.Target;
import dev.tessera.models.graph.Tensor;
import dev.tessera.models.graph.Trace;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Traces one {@link Phase}. First what it takes is declared ({@link #parameters}, {@link #state},
 * {@link #column}, {@link #carried}, {@link #knob}, {@link #randomness}, {@link #lossScale}), then
 * its loss is traced by {@link #gradient}; within or after that, what it leaves is named ({@link
 * #metric}, {@link #statistics}, {@link #carry}).
 *
 * <p>Every shard runs the program; losses, metrics and statistics are a shard's {@link #share} of
 * those of the global batch, so that sums over shards are the batch's.
 */
public final class PhaseBuilder {

  private final String name;
  private final Layout trained;
  private final int shards;
  private final Trace trace;
  private final Tensor flat;
  private final List<Argument> arguments = new ArrayList<>();
  private final Map<Layout, Tensor> bound = new LinkedHashMap<>();
  private final Map<Metric, Supplier<Tensor>> metrics = new LinkedHashMap<>();
  private final List<Statistics> statistics = new ArrayList<>();
  private final Map<Carry, Tensor> carries = new LinkedHashMap<>();
  private Layout stateLayout;
  private LossScale scale;
  private Tensor gradient;
  private Optional<Consumer<StateUpdateBuilder>> stateUpdate = Optional.empty();
  private String updateName;

  /**
   * @param name of the phase, unique in its objective: randomness depends on it
   * @param trained layout of the group whose parameters the gradient is of
   * @param shards parts of the global batch
   * @param target what the program is written for
   */
  public PhaseBuilder(
      String name, Layout trained, int shards, TrainingPrecision precision, Target target) {
    this.name = name;
    this.trained = trained;
    this.shards = shards;
    this.trace = new Trace(name, precision.graph(), target);
    this.flat = takes(new Argument.Parameters(trained.group()), trained.group(), trained.size());
  }

  /** The program's trace, for operations that begin with no tensor. */
  public Trace trace() {
    return trace;
  }

  /** Takes another group's parameters, which layers find while the loss is traced. */
  public void parameters(Layout group) {
    bound.put(group, takes(new Argument.Parameters(group.group()), group.group(), group.size()));
  }

  /** Takes the state vector, which layers find while the loss is traced. */
  public void state(Layout layout) {
    stateLayout = layout;
    bound.put(layout, takes(Argument.OfStep.STATE, "state", layout.size()));
  }

  /** Takes a column of the shard's batch. */
  public Tensor column(BatchColumn column) {
    arguments.add(new Argument.Column(column));
    return trace.input("batch_" + column.name(), column.type().dtype(), column.type().shape());
  }

  /** Takes what an earlier phase of the step left for the same shard. */
  public Tensor carried(Carry carry) {
    arguments.add(new Argument.Carried(carry));
    return trace.input("carry_" + carry.name(), carry.type().dtype(), carry.type().shape());
  }

  /** Takes a number that follows a schedule: float32 without dimensions. */
  public Tensor knob(Knob knob) {
    arguments.add(new Argument.Scheduled(knob));
    return trace.scalar("knob_" + knob.name(), DType.FLOAT32);
  }

  /** Makes {@link Trace#normal} and its like available. */
  public void randomness() {
    arguments.add(Argument.OfStep.KEY);
    trace.randomness(trace.scalar("key", DType.INT64));
  }

  /** Takes the shard's number, int64 without dimensions. */
  public Tensor shard() {
    arguments.add(Argument.OfStep.SHARD);
    return trace.scalar("shard", DType.INT64);
  }

  /**
   * Takes the factor of the differentiated loss, where the precision needs one; {@link #gradient}
   * applies it. Whatever else differentiates within the loss must undo it.
   */
  public LossScale lossScale() {
    scale = LossScale.input(trace);
    if (scale.isPresent()) {
      arguments.add(Argument.OfStep.LOSS_SCALE);
    }
    return scale;
  }

  private Tensor takes(Argument argument, String word, long size) {
    arguments.add(argument);
    return trace.input(word, DType.FLOAT32, Shape.of(size));
  }

  /** A shard's share of a mean over the global batch, from the shard's own mean. */
  public Tensor share(Tensor mean) {
    return mean.mul(1.0 / shards);
  }

  /**
   * Traces the loss and differentiates it.
   *
   * @param segmentation what is kept for the backward pass
   * @param loss the shard's {@link #share} of the loss, not scaled
   */
  public void gradient(Segmentation segmentation, Supplier<Tensor> loss) {
    if (scale == null) {
      lossScale();
    }
    bound.forEach(trace::bind);
    gradient = trace.gradient(trained, flat, segmentation, () -> scale.of(loss.get()));
  }

  /**
   * Reports a number of every step.
   *
   * @param mean over the shard's pictures, without dimensions
   */
  public Metric metric(String metric, Tensor mean) {
    return reports(metric, () -> share(mean.detach()));
  }

  /** As {@link #metric}, of what already is the shard's {@link #share}. */
  public Metric metricShare(String metric, Tensor share) {
    return reports(metric, share::detach);
  }

  private Metric reports(String metric, Supplier<Tensor> share) {
    Metric handle = new Metric(metric);
    metrics.put(handle, share);
    return handle;
  }

  /**
   * Leaves a vector, summed over all shards, to the update of the state.
   *
   * @param share the shard's part of the sum, {@code [n]}
   */
  public Statistics statistics(Tensor share) {
    Statistics handle = new Statistics(share);
    statistics.add(handle);
    return handle;
  }

  /** Leaves a tensor, cut off from its derivatives, to later phases of the step. */
  public Carry carry(String carry, Tensor tensor) {
    Carry handle = new Carry(carry, tensor.type());
    carries.put(handle, tensor);
    return handle;
  }

  /** Changes the state vector after the group's update. */
  public void updateState(String update, Consumer<StateUpdateBuilder> traced) {
    updateName = update;
    stateUpdate = Optional.of(traced);
  }

  /** The phase, which runs in the steps of {@code schedule}. */
  public Phase finish(Phase.Schedule schedule) {
    if (gradient == null) {
      throw new IllegalStateException("phase " + name + " has no gradient");
    }
    List<Tensor> summary = new ArrayList<>();
    metrics.values().forEach(metric -> summary.add(metric.get().reshape(1)));
    statistics.forEach(each -> summary.add(each.share()));
    List<Tensor> results = new ArrayList<>();
    results.add(gradient);
    results.add(summary.size() == 1 ? summary.get(0) : Tensor.cat(0, summary));
    carries.values().forEach(carry -> results.add(carry.detach()));
    return new Phase(
        name,
        trained.group(),
        new BoundProgram(trace.finish(results.toArray(Tensor[]::new)), arguments),
        List.copyOf(metrics.keySet()),
        List.copyOf(carries.keySet()),
        stateUpdate.map(this::traced),
        schedule);
  }

  private Phase.StateUpdate traced(Consumer<StateUpdateBuilder> body) {
    StateUpdateBuilder builder =
        new StateUpdateBuilder(updateName, stateLayout, metrics.size(), statistics);
    body.accept(builder);
    return builder.finish();
  }
}
