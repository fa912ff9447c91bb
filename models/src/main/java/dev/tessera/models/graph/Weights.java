package dev.tessera.models.graph;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/** The values that stand for parameters in a trace. */
final class Weights {

  private final Trace trace;
  private final Map<Parameter, Tensor> values = new HashMap<>();

  /** Vectors that have been cast to the compute type. */
  private final Map<Parameter, Tensor> shortVectors = new HashMap<>();

  Weights(Trace trace) {
    this.trace = trace;
  }

  /** The value of a parameter; empty where its group is not bound. */
  Optional<Tensor> value(Parameter parameter) {
    return Optional.ofNullable(values.get(parameter));
  }

  /** A vector in the compute type, if that has been traced already. */
  Optional<Tensor> shortValue(Parameter parameter) {
    return Optional.ofNullable(shortVectors.get(parameter));
  }

  /** The values bound so far, to be put back later. */
  Map<Parameter, Tensor> bound() {
    return new HashMap<>(values);
  }

  /** Binds what was bound when {@link #bound} was called, and nothing else. */
  void rebind(Map<Parameter, Tensor> before) {
    values.clear();
    values.putAll(before);
    shortVectors.keySet().retainAll(before.keySet());
  }

  /** Makes the parameters of {@code runs} unknown. */
  void unbind(List<Layout.Run> runs) {
    for (Layout.Run run : runs) {
      for (Layout.Slice slice : run.slices()) {
        values.remove(slice.parameter());
        shortVectors.remove(slice.parameter());
      }
    }
  }

  /** Binds a group to the slices of {@code flat}, as constants. */
  void bind(Layout layout, Tensor flat) {
    if (!flat.shape().equals(Shape.of(layout.size()))) {
      throw new ShapeException(
          trace.here(),
          "group " + layout.group() + " expects [" + layout.size() + "], got " + flat.shape());
    }
    bind(layout.runs(), flat, null);
  }

  /**
   * Binds consecutive runs to {@code flat}, which holds exactly them: as leaves of {@code on}, or
   * as constants if that is null.
   */
  void bind(List<Layout.Run> runs, Tensor flat, Tape on) {
    if (runs.isEmpty()) {
      return;
    }
    DType compute = trace.computeType();
    if (compute == flat.type().dtype()) {
      bind(runs.stream().flatMap(run -> run.slices().stream()).toList(), flat, on, values);
      return;
    }
    List<Tensor> parts = flat.split(0, runs.stream().mapToLong(Layout.Run::size).toArray());
    for (int i = 0; i < runs.size(); i++) {
      // One cast for all weights of a segment; vectors stay in the master type.
      boolean matrices = runs.get(i).kind() == Parameter.Kind.MATRIX;
      Tensor part = parts.get(i);
      bind(runs.get(i).slices(), matrices ? part.cast(compute) : part, on, values);
      if (runs.get(i).kind() == Parameter.Kind.VECTOR && trace.fuses()) {
        // One cast for all biases of a segment too: each is a kernel of its own otherwise.
        bind(runs.get(i).slices(), part.cast(compute), on, shortVectors);
      }
    }
  }

  private static void bind(
      List<Layout.Slice> slices, Tensor part, Tape on, Map<Parameter, Tensor> bound) {
    List<Tensor> parts = part.split(0, slices.stream().mapToLong(Layout.Slice::size).toArray());
    for (int i = 0; i < slices.size(); i++) {
      Parameter parameter = slices.get(i).parameter();
      Tensor value = parts.get(i).reshape(parameter.shape());
      bound.put(parameter, on == null ? value : on.leaf(parameter, value));
    }
  }

  /** Traces {@code body} with {@code own} bound to {@code given}. */
  Tensor with(List<Parameter> own, List<Tensor> given, Supplier<Tensor> body) {
    Map<Parameter, Tensor> before = bound();
    Map<Parameter, Tensor> shortBefore = new HashMap<>(shortVectors);
    for (int i = 0; i < own.size(); i++) {
      values.put(own.get(i), given.get(i));
      shortVectors.remove(own.get(i));
    }
    try {
      return body.get();
    } finally {
      rebind(before);
      shortVectors.putAll(shortBefore);
    }
  }
}
