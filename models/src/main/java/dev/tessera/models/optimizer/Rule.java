package dev.tessera.models.optimizer;

import dev.tessera.models.Expected;
import dev.tessera.models.graph.Target;
import dev.tessera.models.graph.Tensor;
import java.io.Serializable;
import java.util.List;

/**
 * How a gradient changes parameters, on stretches of a group's flat vector. Weight decay is
 * decoupled from every rule (Loshchilov and Hutter 2019): it takes a share of the parameters
 * themselves, and no moment knows of it. A rule's own {@code l2}, where it has one, is the coupled
 * kind that adds to the gradient.
 */
public sealed interface Rule extends Serializable permits AdamW, Adam, Sgd, RmsProp, Muon {

  /**
   * Flat float32 vectors that the rule keeps beside the parameters, all zero at first, by PyTorch's
   * names for them.
   */
  List<String> moments();

  /** Traces one step of a stretch: parameters and moments change in place. */
  List<Tensor> step(Stretch stretch);

  /** Whether {@link #step} also moves the stretch's average, in the same pass. */
  default boolean averages(Target target) {
    return false;
  }

  /** Whether every element takes the same step, wherever it stands. */
  boolean elementwise();

  /** Throws if {@code value} is no share of the past: 0 or more, below 1. */
  static void requireDecay(String name, double value) {
    Expected.that(value >= 0 && value < 1, name, value, "0 or more, below 1");
  }

  static void requireNotNegative(String name, double value) {
    Expected.that(value >= 0 && Double.isFinite(value), name, value, "0 or more, finite");
  }

  static void requirePositive(String name, double value) {
    Expected.that(value > 0 && Double.isFinite(value), name, value, "above 0, finite");
  }
}
