package dev.tessera.models.graph;

/**
 * The types in which a program computes. Layers never mention types: matrix products, convolutions
 * and attention run in {@code compute}; parameters, norms, softmax and losses in {@code master}.
 *
 * @param master of parameters and of whatever sums many terms; floating
 * @param compute of matrix products; floating
 */
public record Precision(DType master, DType compute) {

  public static final Precision FP32 = new Precision(DType.FLOAT32, DType.FLOAT32);
  public static final Precision FP64 = new Precision(DType.FLOAT64, DType.FLOAT64);

  /** Matrix products in bfloat16; no loss scaling is needed. */
  public static final Precision BF16 = new Precision(DType.FLOAT32, DType.BFLOAT16);

  /** Matrix products in float16; gradients need loss scaling. */
  public static final Precision FP16 = new Precision(DType.FLOAT32, DType.FLOAT16);

  public Precision {
    if (!master.isFloating() || !compute.isFloating()) {
      throw new IllegalArgumentException(
          "precision: " + master + ", " + compute + " (expected: floating types)");
    }
  }
}
