package dev.tessera.models.graph;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/** The arguments of a program being written, and what may pass its border. */
final class Arguments {

  /** Names that TorchScript or the statements of a program give a meaning. */
  private static final Pattern RESERVED =
      Pattern.compile(
          "t[0-9]+|self|torch|ops|float|int|bool|str|list|annotate|unchecked_cast|and|as|assert|async"
              + "|await|break|class|continue|def|del|elif|else|except|finally|for|from|global|if"
              + "|import|in|is|lambda|nonlocal|not|or|pass|raise|return|try|while|with|yield");

  private final String program;
  private final List<Tensor> declared = new ArrayList<>();

  /**
   * @param program its name, for messages
   */
  Arguments(String program) {
    this.program = program;
  }

  /** Adds an argument of a new name. */
  Tensor declare(Trace trace, String argument, TensorType type) {
    if (!argument.matches("[a-z][a-z_0-9]*")
        || RESERVED.matcher(argument).matches()
        || declared.stream().anyMatch(t -> t.is(argument))) {
      throw new IllegalArgumentException(
          "argument: " + argument + " (expected: a new snake_case name)");
    }
    requireBorder(argument, type.dtype());
    Tensor tensor = Tensor.input(trace, argument, type);
    declared.add(tensor);
    return tensor;
  }

  /** Refuses a type that lives inside programs only. */
  void requireBorder(String value, DType dtype) {
    if (dtype == DType.BFLOAT16) {
      throw new IllegalArgumentException(
          value
              + " of program "
              + program
              + ": BFLOAT16 (expected: another type; bfloat16 lives inside programs only)");
    }
  }

  boolean isEmpty() {
    return declared.isEmpty();
  }

  Tensor first() {
    return declared.get(0);
  }

  /** All in order; those of {@code mutated} are changed by the program. */
  List<Program.Input> declared(Set<Tensor> mutated) {
    return declared.stream()
        .map(t -> new Program.Input(t.name(), t.type(), mutated.contains(t)))
        .toList();
  }
}
