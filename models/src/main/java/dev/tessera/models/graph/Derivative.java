package dev.tessera.models.graph;

/** How often libtorch can differentiate an operation; each claim is tested by differences. */
public enum Derivative {
  /** Integer or piecewise constant results, updates in place. */
  NONE,
  /** A backward pass, but none of the backward pass. */
  FIRST,
  /** Differentiable twice: usable under gradient penalties. */
  SECOND
}
