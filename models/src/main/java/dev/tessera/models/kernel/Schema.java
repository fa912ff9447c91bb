package dev.tessera.models.kernel;

import java.util.ArrayList;
import java.util.List;

/**
 * An operator's name and the kinds of its arguments.
 *
 * @param text as libtorch parses it
 * @param name without the namespace
 * @param tensors for each argument, whether it is a tensor
 */
record Schema(String text, String name, List<Boolean> tensors) {

  static Schema of(String text) {
    int open = text.indexOf('(');
    List<Boolean> tensors = new ArrayList<>();
    for (String argument : text.substring(open + 1, text.indexOf(") ->")).split(", ", -1)) {
      tensors.add(argument.startsWith("Tensor"));
    }
    return new Schema(text, text.substring(0, open), List.copyOf(tensors));
  }
}
