package dev.tessera.models.graph;

import java.util.List;

/**
 * A finished trace: one TorchScript function.
 *
 * @param name of the function, for messages
 * @param inputs in the order of the call
 * @param outputs types of the results
 * @param text body of the function
 * @param flops floating-point operations of one call, gradients counted as twice the forward pass
 */
public record Program(
    String name, List<Input> inputs, List<TensorType> outputs, String text, double flops) {

  /** An argument; {@code mutated} tells whether the program changes it in place. */
  public record Input(String name, TensorType type, boolean mutated) {}

  /** The archive that libtorch loads. */
  public byte[] archive() {
    return Archive.of(this);
  }
}
