package dev.tessera.models.nn;

import dev.tessera.models.graph.Initializer;
import dev.tessera.models.graph.Parameter;
import dev.tessera.models.graph.Scope;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.Tensor;

/** A table of learned vectors: {@code index [...] -> [..., width]}. */
public final class Embedding {

  private final String path;
  private final Parameter table;

  public Embedding(Scope scope, long rows, long width) {
    this.path = scope.path();
    this.table = scope.vector("weight", Shape.of(rows, width), new Initializer.Normal(0.02));
  }

  /** {@code index} int64 {@code [...]} to rows {@code [..., width]} in the master type. */
  public Tensor apply(Tensor index) {
    return index.trace().at(path, () -> index.trace().weight(table).embedding(index));
  }
}
