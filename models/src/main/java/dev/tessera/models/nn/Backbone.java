package dev.tessera.models.nn;

import dev.tessera.models.graph.Tensor;

/** A network that a diffusion model trains; it knows nothing of paths and preconditioning. */
public interface Backbone {

  /**
   * @param x {@code [N, C, H, W]}, scaled to variance 1
   * @param noise {@code [N]}, the noise level's label
   * @param label int64 {@code [N]}, or null for an unconditional model
   * @return {@code [N, C, H, W]} in the master type
   */
  Tensor apply(Tensor x, Tensor noise, Tensor label);
}
