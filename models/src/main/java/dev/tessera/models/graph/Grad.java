package dev.tessera.models.graph;

import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * Derivatives of {@code of} (the first operands) along {@code directions} (the last operands,
 * absent for a scalar) with respect to {@code to} (the operands between): one result for each.
 *
 * @param of number of differentiated operands
 * @param to number of operands to differentiate by
 * @param createGraph whether the results can be differentiated again
 * @param retain whether the graph of {@code of} is used once more
 */
record Grad(int of, int to, boolean createGraph, boolean retain) implements Operation {

  @Override
  public List<TensorType> infer(List<TensorType> inputs) {
    for (int i = 0; i < inputs.size() - of - to; i++) {
      if (!inputs.get(of + to + i).shape().equals(inputs.get(i).shape())) {
        throw new ShapeException(
            "grad expects a direction of "
                + inputs.get(i).shape()
                + ", got "
                + inputs.get(of + to + i).shape());
      }
    }
    if (inputs.size() == of + to && (of != 1 || inputs.get(0).shape().size() != 1)) {
      throw new ShapeException("grad expects one scalar, got " + inputs.subList(0, of));
    }
    return inputs.subList(of, of + to);
  }

  @Override
  public void emit(Statements text, List<String> outputs, List<String> inputs) {
    String list =
        text.let(
            String.format(
                Locale.ROOT,
                "torch.grad(%s, %s, %s, %s, %s, False)",
                list(inputs.subList(0, of)),
                list(inputs.subList(of, of + to)),
                inputs.size() == of + to
                    ? "None"
                    : "annotate(List[Optional[Tensor]], "
                        + list(inputs.subList(of + to, inputs.size()))
                        + ")",
                retain || createGraph ? "True" : "None",
                createGraph ? "True" : "False"));
    for (int i = 0; i < outputs.size(); i++) {
      text.assign(outputs.get(i), "unchecked_cast(Tensor, " + list + "[" + i + "])");
    }
  }

  private static String list(List<String> names) {
    return names.stream().collect(Collectors.joining(", ", "[", "]"));
  }

  /** Convolutions and norms answer in the order that they were given. */
  @Override
  public MemoryOrder order(List<Tensor> operands, Shape result, int index) {
    return operands.get(of + index).order().onGpu(operands, result);
  }

  @Override
  public Derivative derivative() {
    return createGraph ? Derivative.SECOND : Derivative.NONE;
  }
}
