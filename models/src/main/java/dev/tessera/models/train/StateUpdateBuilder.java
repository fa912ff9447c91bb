package dev.tessera.models.train;

import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Layout;
import dev.tessera.models.graph.Precision;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.Tensor;
import dev.tessera.models.graph.Trace;
import java.util.ArrayList;
import java.util.List;

/**
 * Traces a change of the state vector, in float32. Layers find the state's parts; what they change
 * in place is the run's.
 */
public final class StateUpdateBuilder {

  private final Trace trace;
  private final Layout layout;
  private final int metricsBefore;
  private final List<Statistics> known;
  private final List<Argument> arguments = new ArrayList<>();
  private final Tensor state;
  private final Tensor summary;
  private List<Metric> names = List.of();
  private Tensor metrics;

  StateUpdateBuilder(String name, Layout layout, int metricsBefore, List<Statistics> known) {
    if (layout == null) {
      throw new IllegalStateException(name + " changes a state that its phase does not take");
    }
    this.trace = new Trace(name, Precision.FP32);
    this.layout = layout;
    this.metricsBefore = metricsBefore;
    this.known = List.copyOf(known);
    this.state = takes(Argument.OfStep.STATE, "state", layout.size());
    long size = metricsBefore + known.stream().mapToLong(each -> each.share().shape().size()).sum();
    this.summary = takes(Argument.OfStep.SUMMARY, "summary", size);
  }

  private Tensor takes(Argument argument, String word, long size) {
    arguments.add(argument);
    return trace.input(word, DType.FLOAT32, Shape.of(size));
  }

  /** The flat state vector. */
  public Tensor state() {
    return state;
  }

  /** Lets layers find the state's parts; before the first of them is asked. */
  public void bindState() {
    trace.bind(layout, state);
  }

  /** What the gradient's program left, summed over all shards: {@code [n]}. */
  public Tensor statistics(Statistics handle) {
    long offset = metricsBefore;
    for (Statistics each : known) {
      if (each == handle) {
        return summary.narrow(0, offset, each.share().shape().size());
      }
      offset += each.share().shape().size();
    }
    throw new IllegalArgumentException("statistics: of another phase (expected: of this one)");
  }

  /**
   * Reports numbers of the state, one for each name.
   *
   * @param values {@code [names]}
   */
  public List<Metric> metrics(List<String> metricNames, Tensor values) {
    names = metricNames.stream().map(Metric::new).toList();
    metrics = values;
    return names;
  }

  Phase.StateUpdate finish() {
    if (metrics == null) {
      throw new IllegalStateException("an update of the state reports at least one metric");
    }
    return new Phase.StateUpdate(new BoundProgram(trace.finish(metrics), arguments), names);
  }
}
