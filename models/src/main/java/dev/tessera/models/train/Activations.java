package dev.tessera.models.train;

import dev.tessera.models.graph.Segmentation;

/** What becomes of the activations of residual blocks between forward and backward pass. */
public enum Activations {
  /** They stay in memory. */
  KEPT(Segmentation.WHOLE),

  /**
   * Blocks keep their operands and run again in the backward pass (Chen et al. 2016): a third more
   * work, far less memory, the same gradient.
   */
  RECOMPUTED(Segmentation.RECOMPUTE);

  private final Segmentation segmentation;

  Activations(Segmentation segmentation) {
    this.segmentation = segmentation;
  }

  /** How gradients are traced. */
  public Segmentation segmentation() {
    return segmentation;
  }
}
