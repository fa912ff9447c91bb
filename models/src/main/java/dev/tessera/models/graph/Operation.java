package dev.tessera.models.graph;

import dev.tessera.models.graph.memory.Kept;
import java.util.List;
import java.util.Set;

/**
 * One operation of a program: a value that knows its shape rule, how it is written in TorchScript,
 * its cost, its derivative, and what it does to memory. The list is closed, so that a test can hold
 * every operation to finite differences; ATen remains within reach by adding a record to a group.
 * Operators outside of ATen are {@link CustomOperator}s.
 */
public sealed interface Operation
    permits Pointwise,
        Reduction,
        Contraction,
        Decomposition,
        Normalization,
        Views,
        Structure,
        Indexing,
        Creation,
        InPlace,
        MeanPool,
        Assemble,
        Grad,
        CustomOperator {

  /** Types of the results. Throws {@link ShapeException} if the operands do not fit. */
  List<TensorType> infer(List<TensorType> inputs);

  /** Writes statements that define {@code outputs} from {@code inputs}, all variable names. */
  void emit(Statements text, List<String> outputs, List<String> inputs);

  /** Floating-point operations, a multiplication and an addition counting as two. */
  default double flops(List<TensorType> inputs, List<TensorType> outputs) {
    return 0;
  }

  Derivative derivative();

  /**
   * Traces the derivatives of the loss by the operands, null where there is none; asked where
   * {@link #derivative} is {@link Derivative#TRACED}.
   *
   * @param operands of the call
   * @param results of the call
   * @param gradients by the results, null for those that the loss does not depend on
   */
  default List<Tensor> gradient(
      List<Tensor> operands, List<Tensor> results, List<Tensor> gradients) {
    throw new UnsupportedOperationException(this + " traces no derivative");
  }

  /** Whether the result is where differentiation ends. */
  default boolean isLeaf() {
    return false;
  }

  /**
   * Whether operands come without their autograd graph. A buffer outlives the call: it must not
   * hold on to the graph of its new value. What an operator that autograd does not know makes of
   * parts of that graph is a part of it to autograd, which then keeps the whole alive as long as a
   * derivative lives.
   */
  default boolean detaches() {
    return derivative() == Derivative.TRACED || !mutates().isEmpty();
  }

  /** The numbers of the operands that are changed in place. */
  default Set<Integer> mutates() {
    return Set.of();
  }

  /** How the results stand to the first operand's memory. */
  default View view() {
    return mutates().contains(0) ? View.SAME : View.NONE;
  }

  /** Whether a result {@code [result]} lies in the memory of the first of these operands. */
  default boolean isView(List<Tensor> operands, Shape result) {
    return view() != View.NONE;
  }

  /** The order in memory of result number {@code index}, as far as it is known. */
  default MemoryOrder order(List<Tensor> operands, Shape result, int index) {
    return mutates().contains(0) ? operands.get(0).order() : MemoryOrder.rowMajor(result);
  }

  /** Whether results on a GPU lie in channels-last order whatever the operands. */
  default boolean makesChannelsLast() {
    return false;
  }

  /** What stays in memory until the backward pass. */
  default Kept kept() {
    return Kept.NOTHING;
  }

  /** Whether libtorch hands the result's derivative on to {@code operand} without a copy. */
  default boolean passesDerivative(TensorType operand, TensorType result) {
    return false;
  }

  /** Whether one tensor takes the derivatives of all results. */
  default boolean joinsDerivatives() {
    return false;
  }

  /** Bytes that the kernel takes for itself while it runs. */
  default long scratch(List<TensorType> inputs, List<TensorType> outputs) {
    return 0;
  }

  /**
   * Bytes that a GPU's library takes beside {@link #scratch} for exact float32.
   *
   * @param backward whether in the backward pass
   */
  default long exactScratch(List<TensorType> inputs, List<TensorType> outputs, boolean backward) {
    return 0;
  }
}
