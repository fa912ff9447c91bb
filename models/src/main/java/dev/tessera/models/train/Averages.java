package dev.tessera.models.train;

import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.Tensor;
import dev.tessera.models.graph.Trace;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A group's averages while its update is traced: each goes a share of the way to the new
 * parameters.
 */
final class Averages {

  private final List<Tensor> approaches = new ArrayList<>();
  private final List<Tensor> vectors = new ArrayList<>();
  private final boolean firstWithRule;

  private Averages(boolean ruleMovesFirst, int count) {
    this.firstWithRule = ruleMovesFirst && count > 0;
  }

  /**
   * Declares the arguments {@code approach_i} and {@code average_i}.
   *
   * @param ruleMovesFirst whether the rule moves the first average in its own pass
   */
  static Averages declare(Trace trace, Group group, boolean ruleMovesFirst) {
    int count = group.averages().size();
    Averages averages = new Averages(ruleMovesFirst, count);
    for (int i = 0; i < count; i++) {
      averages.approaches.add(trace.scalar("approach_" + i, DType.FLOAT32));
      averages.vectors.add(
          trace.input("average_" + i, DType.FLOAT32, Shape.of(group.layout().size())));
    }
    return averages;
  }

  /** The average that the rule moves. */
  Optional<Tensor> withRule() {
    return firstWithRule ? Optional.of(vectors.get(0)) : Optional.empty();
  }

  /** The share of the way that it goes. */
  Optional<Tensor> approachWithRule() {
    return firstWithRule ? Optional.of(approaches.get(0)) : Optional.empty();
  }

  /** Moves those that the rule does not; a skipped step goes no part of the way. */
  List<Tensor> move(Tensor parameters, Unscaled unscaled) {
    List<Tensor> moved = new ArrayList<>();
    for (int i = firstWithRule ? 1 : 0; i < vectors.size(); i++) {
      Tensor approach =
          unscaled.scaled().isEmpty() ? approaches.get(i) : approaches.get(i).mul(unscaled.taken());
      moved.add(vectors.get(i).lerpTo(parameters, approach));
    }
    return moved;
  }
}
