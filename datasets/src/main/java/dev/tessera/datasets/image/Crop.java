package dev.tessera.datasets.image;

/** How a picture of any shape becomes a square. */
public enum Crop {
  /** Keeps the largest central square: nothing is distorted, edges are lost. */
  CENTER,
  /** Adds bars of the padding colour: nothing is distorted, nothing is lost. */
  PAD,
  /**
   * Cuts nothing and enlarges nothing: smaller pictures keep their pixels and stand in the middle
   * of the padding colour, larger ones shrink to fit as with {@link #PAD}.
   */
  NONE,
  /** Scales both axes to fit: nothing is lost, shapes are distorted. */
  STRETCH
}
