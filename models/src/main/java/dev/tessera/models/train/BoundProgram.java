package dev.tessera.models.train;

import dev.tessera.models.graph.Program;
import dev.tessera.models.runtime.NativeTensor;
import java.util.List;
import java.util.stream.Stream;

/**
 * A program, and what each of its arguments is.
 *
 * @param arguments one for each input, in order
 */
public record BoundProgram(Program program, List<Argument> arguments) {

  public BoundProgram {
    arguments = List.copyOf(arguments);
    if (arguments.size() != program.inputs().size()) {
      throw new IllegalArgumentException(
          "arguments: "
              + arguments.size()
              + " (expected: one for each of the "
              + program.inputs().size()
              + " inputs of "
              + program.name()
              + ")");
    }
  }

  /** The tensors to call it with. */
  public List<NativeTensor> arguments(ArgumentSource source) {
    return arguments.stream().map(argument -> argument.from(source)).toList();
  }

  boolean takes(Argument argument) {
    return arguments.contains(argument);
  }

  Stream<Knob> knobs() {
    return arguments.stream()
        .filter(Argument.Scheduled.class::isInstance)
        .map(argument -> ((Argument.Scheduled) argument).knob());
  }
}
