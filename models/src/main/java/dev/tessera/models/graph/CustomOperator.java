package dev.tessera.models.graph;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * An operator that ATen does not have and that this process has registered with libtorch: programs
 * call {@code ops.tessera.NAME} with the operands and then the constants. Autograd does not know
 * it. Whoever has a derivative says {@link Derivative#TRACED} and traces it in {@link #gradient}.
 */
public non-sealed interface CustomOperator extends Operation {

  /** As programs call it and as errors name it. */
  String name();

  /** Arguments after the operands: {@link Double}, {@link Integer}, {@link Long}, or a truth. */
  default List<Object> constants() {
    return List.of();
  }

  @Override
  default void emit(Statements text, List<String> outputs, List<String> inputs) {
    List<String> arguments = new ArrayList<>(inputs);
    for (Object constant : constants()) {
      arguments.add(literal(constant));
    }
    text.assign(
        outputs.size() == 1
            ? outputs.get(0)
            : outputs.stream().map(output -> output + ", ").collect(Collectors.joining()).strip(),
        "ops.tessera." + name() + "(" + String.join(", ", arguments) + ")");
  }

  private static String literal(Object constant) {
    if (constant instanceof Double number) {
      return Statements.number(number);
    }
    if (constant instanceof Boolean truth) {
      return truth ? "True" : "False";
    }
    return constant.toString();
  }

  @Override
  default Derivative derivative() {
    return Derivative.NONE;
  }

  @Override
  default boolean detaches() {
    return true;
  }
}
