package dev.tessera.models.graph.memory;

/** Which values libtorch keeps of an operation until its backward pass has run. */
public enum Kept {
  NOTHING,
  /** The operands, {@code d log(x) = dx / x}. */
  OPERANDS,
  /** The results, {@code d exp(x) = exp(x) dx}. */
  RESULTS,
  /** Both, as attention does. */
  ALL,
  /** Of each operand that has a gradient the others, {@code d(x y) = y dx + x dy}. */
  PARTNERS,
  /** As {@link #PARTNERS} among the operands after the first, {@code d(t + x y)}. */
  FACTORS
}
