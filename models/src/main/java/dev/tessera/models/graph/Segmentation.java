package dev.tessera.models.graph;

/** What a gradient keeps of the forward pass. */
public enum Segmentation {
  /** All activations, in one autograd graph. */
  WHOLE,
  /**
   * Only the operands of segments: each segment runs again when its gradient is due (activation
   * checkpointing, Chen et al. 2016).
   */
  RECOMPUTE
}
