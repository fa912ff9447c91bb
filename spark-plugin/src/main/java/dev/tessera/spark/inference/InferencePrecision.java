package dev.tessera.spark.inference;

import dev.tessera.models.graph.Precision;

/** The type of matrix products and convolutions where a trained model is only used. */
@SuppressWarnings("ImmutableEnumChecker") // Precision is a record of constants.
public enum InferencePrecision {
  FP32(Precision.FP32, 32),
  BF16(Precision.BF16, 16),
  FP16(Precision.FP16, 16);

  private final Precision graph;
  private final int bits;

  InferencePrecision(Precision graph, int bits) {
    this.graph = graph;
    this.bits = bits;
  }

  /** The types of a program. */
  public Precision graph() {
    return graph;
  }

  /** Bits of an operand of a matrix product. */
  public int bits() {
    return bits;
  }
}
