package dev.tessera.models.graph;

/**
 * What a program is written for. Both kinds run on every device and agree to rounding; a program
 * for the other device is only slower.
 */
public enum Target {
  /** ATen's operations alone. */
  CPU,
  /**
   * Convolutions in channels-last order, and operators of our own ({@code
   * dev.tessera.models.kernel}) for what is bound by memory: each is one pass where ATen needs
   * several.
   */
  GPU
}
