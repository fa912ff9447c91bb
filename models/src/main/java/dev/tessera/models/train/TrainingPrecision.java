package dev.tessera.models.train;

import dev.tessera.models.graph.Precision;

/**
 * The arithmetic of training. Parameters, optimiser, norms, softmax, losses and the distances of a
 * quantiser are float32 in each; what differs is the type of matrix products and convolutions.
 */
public enum TrainingPrecision {
  /** float32 throughout. */
  FP32(Precision.FP32, 32),

  /** bfloat16: the exponents of float32, 7 bits of the fraction; needs no loss scaling. */
  BF16(Precision.BF16, 16),

  /** float16, whose gradients need loss scaling; no schedule takes it yet. */
  FP16(Precision.FP16, 16);

  private final Precision graph;
  private final int bits;

  TrainingPrecision(Precision graph, int bits) {
    this.graph = graph;
    this.bits = bits;
  }

  /** Bits of an operand of a matrix product. */
  public int bits() {
    return bits;
  }

  /** The types of a program. */
  public Precision graph() {
    return graph;
  }
}
