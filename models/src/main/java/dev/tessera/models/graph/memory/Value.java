package dev.tessera.models.graph.memory;

import java.util.Comparator;
import java.util.List;

/** A tensor of a program as its memory sees it; each is equal to itself alone. */
public final class Value {

  /** Older values first. */
  static final Comparator<Value> BY_AGE = Comparator.comparingLong(value -> value.age);

  /**
   * What decides how long memory is held.
   *
   * @param bytes of all elements
   * @param view whether it lies in the memory of its first operand
   * @param leaf whether differentiation ends here
   * @param requiresGrad whether a gradient flows on from here
   * @param kept what is kept for the backward pass of the operation that makes it
   * @param passesOn for each operand, whether the derivative of this value is that of the operand
   *     too, without a copy
   * @param joined whether the derivatives by all results of its operation become one tensor
   * @param scratch bytes that its operation takes for itself while it runs
   * @param exactScratch those that a GPU's library takes beside, for exact float32
   * @param exactScratchBackward as above, in the backward pass
   */
  public record Facts(
      long bytes,
      boolean view,
      boolean leaf,
      boolean requiresGrad,
      Kept kept,
      List<Boolean> passesOn,
      boolean joined,
      long scratch,
      long exactScratch,
      long exactScratchBackward) {

    public Facts {
      passesOn = List.copyOf(passesOn);
    }

    /** Of an argument, which is the caller's. */
    public static Facts argument(long bytes) {
      return new Facts(bytes, false, true, false, Kept.NOTHING, List.of(), false, 0, 0, 0);
    }
  }

  private final long age;
  private final Facts facts;
  private final List<Value> operands;

  /**
   * @param age rises from operands to what is made of them
   */
  public Value(long age, Facts facts, List<Value> operands) {
    this.age = age;
    this.facts = facts;
    this.operands = List.copyOf(operands);
  }

  Facts facts() {
    return facts;
  }

  List<Value> operands() {
    return operands;
  }

  boolean requiresGrad() {
    return facts.requiresGrad();
  }

  boolean isLeaf() {
    return facts.leaf();
  }

  /** Whether its derivative is handed on to every place where {@code operand} stands. */
  boolean passesDerivative(Value operand) {
    return facts.passesOn().get(operands.indexOf(operand));
  }
}
