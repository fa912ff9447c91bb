package dev.tessera.models.graph;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;

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

  /** The archive that libtorch loads. */
  public byte[] archive() {
    return Archive.of(this);
  }

  /**
   * Writes a TorchScript file that needs no code of ours: {@code forward} takes the remaining
   * arguments in order and returns the result, or a list if there are several. The stream stays
   * open.
   *
   * @param constants row-major little-endian elements of the arguments that the file holds
   * @throws IllegalArgumentException if a constant is no argument, is changed by the program, or
   *     has not as many bytes as its type
   */
  public void export(OutputStream out, Map<String, ByteBuffer> constants) throws IOException {
    for (String constant : constants.keySet()) {
      if (inputs.stream().noneMatch(input -> input.name().equals(constant))) {
        throw new IllegalArgumentException(
            "constants: " + constant + " (expected: an argument of program " + name + ")");
      }
    }
    for (Input input : inputs) {
      ByteBuffer elements = constants.get(input.name());
      if (input.mutated()) {
        throw new IllegalArgumentException(
            "program "
                + name
                + " changes its argument "
                + input.name()
                + " and cannot be exported");
      }
      if (elements != null && elements.remaining() != input.type().bytes()) {
        throw new IllegalArgumentException(
            "constants: "
                + elements.remaining()
                + " bytes of "
                + input.name()
                + " (expected: "
                + input.type().bytes()
                + " of "
                + input.type()
                + ")");
      }
    }
    Archive.export(out, this, constants);
  }
}
