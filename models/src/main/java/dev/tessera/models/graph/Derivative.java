package dev.tessera.models.graph;

/** How often an operation can be differentiated; each claim is tested by differences. */
public enum Derivative {
  /** Integer or piecewise constant results, updates in place. */
  NONE,
  /** A backward pass, but none of the backward pass. */
  FIRST,
  /** Differentiable twice: usable under gradient penalties. */
  SECOND,
  /**
   * Once, by what {@link Operation#gradient} traces: libtorch knows no derivative. The {@link Tape}
   * closes autograd's graph here.
   */
  TRACED
}
