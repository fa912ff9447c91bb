package dev.tessera.models.train;

import dev.tessera.models.UserException;
import dev.tessera.models.graph.Precision;
import dev.tessera.models.runtime.Arithmetic;
import java.util.Locale;

/**
 * The arithmetic of training. Parameters, optimiser, norms, softmax, losses and the distances of a
 * quantiser are float32 in each; what differs is the type of matrix products and convolutions.
 */
@SuppressWarnings("ImmutableEnumChecker") // Precision is a record of constants.
public enum TrainingPrecision {
  /** float32 throughout. */
  FP32(Precision.FP32, 32),

  /**
   * The programs of {@link #FP32}; a GPU's matrix products and convolutions take operands of 10
   * bits of the fraction. It is the process that computes so: {@link Arithmetic} tells.
   */
  TF32(Precision.FP32, 19),

  /** bfloat16: the exponents of float32, 7 bits of the fraction; needs no loss scaling. */
  BF16(Precision.BF16, 16),

  /** float16: 5 bits of exponent, 10 of the fraction; losses are scaled. */
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

  /**
   * Refuses a GPU's process whose float32 arithmetic is not this one's: a run in fp32 would be one
   * in tf32 without a word, or slow for no reason. The half precisions take either.
   *
   * @param who computes so, for the message
   * @param setting that decides it for executors
   * @throws UserException naming the setting
   */
  public void require(String who, Arithmetic process, String setting) {
    boolean wanted = this == TF32;
    if ((this != TF32 && this != FP32)
        || (process.tf32Products() == wanted && process.tf32Convolutions() == wanted)) {
      return;
    }
    throw new UserException(
        "schedule.precision: "
            + name().toLowerCase(Locale.ROOT)
            + " and "
            + who
            + " computes "
            + process.describe()
            + ": set --conf "
            + setting
            + "="
            + wanted
            + " (with local[n] the driver's own environment decides), or change"
            + " schedule.precision.");
  }

  /** The types of a program. */
  public Precision graph() {
    return graph;
  }
}
