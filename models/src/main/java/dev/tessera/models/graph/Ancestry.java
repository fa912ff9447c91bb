package dev.tessera.models.graph;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The values that a gradient passes from some values back to leaves, in the order in which a walk
 * comes by.
 */
final class Ancestry {

  private final Set<Tensor> values = new LinkedHashSet<>();

  private Ancestry() {}

  /** Of {@code of}, those of them that carry a gradient included, and the leaves. */
  static Ancestry of(List<Tensor> of) {
    Ancestry ancestry = new Ancestry();
    Deque<Tensor> unseen = new ArrayDeque<>(of);
    while (!unseen.isEmpty()) {
      Tensor tensor = unseen.pop();
      if (tensor.requiresGrad() && ancestry.values.add(tensor) && !tensor.isLeaf()) {
        unseen.addAll(tensor.operands());
      }
    }
    return ancestry;
  }

  /** Whether a gradient flows back to {@code tensor}. */
  boolean contains(Tensor tensor) {
    return values.contains(tensor);
  }

  /** The leaves, and those of {@code inner} on the way. */
  Set<Tensor> leavesAnd(Set<Tensor> inner) {
    return values.stream()
        .filter(tensor -> tensor.isLeaf() || inner.contains(tensor))
        .collect(Collectors.toCollection(HashSet::new));
  }

  /** All but the leaves. */
  Set<Tensor> made() {
    return values.stream()
        .filter(tensor -> !tensor.isLeaf())
        .collect(Collectors.toCollection(HashSet::new));
  }

  /** The layer of some operation on the way without a second derivative. */
  Optional<String> onceDifferentiable() {
    return values.stream()
        .filter(tensor -> !tensor.isLeaf())
        .filter(tensor -> tensor.operation().derivative() == Derivative.FIRST)
        .map(Tensor::path)
        .findFirst();
  }
}
