package dev.tessera.datasets.image;

/** How a picture of any shape becomes a square. */
public enum Crop {
  /** Keeps the largest central square: nothing is distorted, edges are lost. */
  CENTER,
  /** Adds bars of the background: nothing is distorted, nothing is lost. */
  PAD,
  /** Scales both axes to fit: nothing is lost, shapes are distorted. */
  STRETCH
}
