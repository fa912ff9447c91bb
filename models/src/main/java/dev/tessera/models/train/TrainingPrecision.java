package dev.tessera.models.train;

import dev.tessera.models.graph.Precision;

/**
 * The arithmetic of training. Parameters, optimiser, norms, softmax, losses and the distances of a
 * quantiser are float32 in each; what differs is the type of matrix products and convolutions.
 */
public enum TrainingPrecision {
  /** float32 throughout. */
  FP32(Precision.FP32, 32),

  /**
   * The programs of {@link #FP32}; a GPU's matrix products and convolutions take operands of 10
   * bits of the fraction. It is the process that computes so: {@code ArithmeticProbe} tells.
   */
  TF32(Precision.FP32, 19),

  /** bfloat16: the exponents of float32, 7 bits of the fraction; needs no loss scaling. */
  BF16(Precision.BF16, 16),

  /** float16: 5 bits of the exponent, 10 of the fraction; losses are scaled. */
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
