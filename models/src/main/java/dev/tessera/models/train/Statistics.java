package dev.tessera.models.train;

import dev.tessera.models.graph.Tensor;

/**
 * A vector that a phase's shards add up, for the update of the state that follows. Made by {@link
 * PhaseBuilder#statistics}; read by {@link StateUpdateBuilder#statistics}.
 */
public final class Statistics {

  private final Tensor share;

  Statistics(Tensor share) {
    this.share = share;
  }

  /** One shard's. */
  Tensor share() {
    return share;
  }
}
