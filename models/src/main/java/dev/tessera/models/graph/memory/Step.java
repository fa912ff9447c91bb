package dev.tessera.models.graph.memory;

import java.util.List;

/** One operation of a call. */
public sealed interface Step {

  /** What it makes; never empty. */
  List<Value> results();

  /** What it takes. */
  default List<Value> operands() {
    return results().get(0).operands();
  }

  /** An operation that computes its results from its operands. */
  record Computed(List<Value> results) implements Step {
    public Computed {
      results = List.copyOf(results);
    }
  }

  /**
   * A walk of autograd back from some values to others.
   *
   * @param results the derivatives by {@code to}, in that order
   * @param of the differentiated values
   * @param to the values that they are differentiated by
   * @param directions like {@code of}; empty for the derivative of one scalar
   * @param retain whether what was kept for this walk serves once more
   */
  record Differentiated(
      List<Value> results, List<Value> of, List<Value> to, List<Value> directions, boolean retain)
      implements Step {
    public Differentiated {
      results = List.copyOf(results);
      of = List.copyOf(of);
      to = List.copyOf(to);
      directions = List.copyOf(directions);
    }
  }
}
