package dev.tessera.models.train;

import dev.tessera.models.graph.TensorType;

/**
 * A tensor that a phase leaves to later phases of the same step, for the same shard. Made by {@link
 * PhaseBuilder#carry}; whoever holds it can read it ({@link PhaseBuilder#carried}).
 */
public final class Carry {

  private final String name;
  private final TensorType type;

  Carry(String name, TensorType type) {
    this.name = name;
    this.type = type;
  }

  /** For people. */
  public String name() {
    return name;
  }

  public TensorType type() {
    return type;
  }

  @Override
  public String toString() {
    return name + " " + type;
  }
}
