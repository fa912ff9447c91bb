package dev.tessera.models.graph;

import dev.tessera.models.graph.memory.Allocations;
import java.util.List;

/**
 * A finished trace: one TorchScript function.
 *
 * @param name of the function, for messages
 * @param inputs in the order of the call
 * @param outputs types of the results
 * @param text body of the function
 * @param flops floating-point operations of one call, gradients counted as twice the forward pass
 * @param workingBytes greatest number of bytes that a call holds beside its arguments, results
 *     included; estimated from the lifetimes of its values
 * @param allocations what a call asks of the allocator, by the same estimate
 */
public record Program(
    String name,
    List<Input> inputs,
    List<TensorType> outputs,
    String text,
    double flops,
    long workingBytes,
    Allocations allocations) {

  /** A program whose working set is not known. */
  public Program(
      String name, List<Input> inputs, List<TensorType> outputs, String text, double flops) {
    this(name, inputs, outputs, text, flops, 0, Allocations.NONE);
  }

  /**
   * An argument.
   *
   * @param name by which callers find what to pass
   * @param type which every call's tensor has
   * @param mutated whether the program changes it in place
   */
  public record Input(String name, TensorType type, boolean mutated) {}
}
