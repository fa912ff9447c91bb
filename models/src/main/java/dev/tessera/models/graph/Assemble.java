package dev.tessera.models.graph;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * A flat vector of which consecutive parts are the operands' elements, each row-major: one pass,
 * whatever the operands' types and their order in memory.
 *
 * @param parts types of the operands
 */
record Assemble(DType dtype, List<TensorType> parts) implements Operation {

  Assemble {
    parts = List.copyOf(parts);
  }

  @Override
  public List<TensorType> infer(List<TensorType> inputs) {
    for (int i = 0; i < parts.size(); i++) {
      if (!inputs.get(i).shape().equals(parts.get(i).shape())) {
        throw new ShapeException("assemble expects " + parts.get(i) + ", got " + inputs.get(i));
      }
    }
    return List.of(new TensorType(dtype, Shape.of(size())));
  }

  private long size() {
    return parts.stream().mapToLong(type -> type.shape().size()).sum();
  }

  @Override
  public void emit(Statements text, List<String> outputs, List<String> inputs) {
    String flat =
        text.let(
            String.format(
                Locale.ROOT,
                "torch.empty([%d], dtype=%d, layout=0, device=%s)",
                size(),
                dtype.scalarType(),
                text.device()));
    List<String> sizes = parts.stream().map(type -> Long.toString(type.shape().size())).toList();
    for (List<Integer> alike : alike()) {
      String pieces =
          text.let(
              String.format(
                  Locale.ROOT,
                  "torch.split_with_sizes(%s, [%s], 0)",
                  flat,
                  String.join(", ", sizes)));
      List<String> views = new ArrayList<>();
      List<String> sources = new ArrayList<>();
      for (int i : alike) {
        views.add("torch.view(" + pieces + "[" + i + "], " + parts.get(i).shape() + ")");
        sources.add("torch.detach(" + inputs.get(i) + ")");
      }
      // In-place operators on lists are deleted as dead code unless the lists have names and an
      // element is used afterwards: here one part, seen as the whole.
      String targets = text.let("[" + String.join(", ", views) + "]");
      text.let("torch._foreach_copy_(" + targets + ", [" + String.join(", ", sources) + "])");
      flat =
          text.let(
              String.format(Locale.ROOT, "torch.as_strided(%s[0], [%d], [1], 0)", targets, size()));
    }
    text.assign(outputs.get(0), flat);
  }

  /**
   * The numbers of the operands in lists that one kernel copies: on a GPU, such a list has one type
   * and lies row-major.
   */
  private Collection<List<Integer>> alike() {
    Map<List<Object>, List<Integer>> alike = new LinkedHashMap<>();
    for (int i = 0; i < parts.size(); i++) {
      TensorType type = parts.get(i);
      alike
          .computeIfAbsent(
              List.of(type.dtype(), type.shape().rank() == 4), key -> new ArrayList<>())
          .add(i);
    }
    return alike.values();
  }

  @Override
  public Derivative derivative() {
    return Derivative.NONE;
  }
}
