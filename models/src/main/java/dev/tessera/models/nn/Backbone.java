package dev.tessera.models.nn;

import dev.tessera.models.graph.Tensor;

/** A network that a diffusion model trains; it knows nothing of paths and preconditioning. */
public interface Backbone {

  /**
   * @param x {@code [N, C, H, W]}, scaled to variance 1
   * @param noise {@code [N]}, the noise level's label
   * @param label int64 {@code [N]}, or null for an unconditional model; the number of classes means
   *     no class
   * @param augment {@code [N, k]}, how pictures were augmented, zeros for one that was not; null
   *     where none was
   * @return {@code [N, outputs, H, W]} in the master type
   */
  Tensor apply(Tensor x, Tensor noise, Tensor label, Tensor augment);

  /** What its layers see of labels {@code [N]}: cosines and sines, {@code [N, k]}. */
  Tensor features(Tensor noise);

  /** Of pictures that were not augmented. */
  default Tensor apply(Tensor x, Tensor noise, Tensor label) {
    return apply(x, noise, label, null);
  }

  /**
   * What the network multiplies the label with before it takes its sines. EDM's label spans a few
   * units; labels that count a thousand time steps are divided by this.
   */
  default double labelScale() {
    return 1;
  }
}
