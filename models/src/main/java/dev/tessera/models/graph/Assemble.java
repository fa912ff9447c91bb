package dev.tessera.models.graph;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A flat vector of which consecutive parts are the operands' elements, each row-major: one pass,
 * whatever the operands' types and their order in memory.
 *
 * @param shapes of the operands
 */
record Assemble(DType dtype, List<Shape> shapes) implements Operation {

  Assemble {
    shapes = List.copyOf(shapes);
  }

  @Override
  public List<TensorType> infer(List<TensorType> inputs) {
    List<Shape> given = inputs.stream().map(TensorType::shape).toList();
    if (!given.equals(shapes)) {
      throw new ShapeException("assemble expects " + shapes + ", got " + given);
    }
    return List.of(new TensorType(dtype, Shape.of(size())));
  }

  private long size() {
    return shapes.stream().mapToLong(Shape::size).sum();
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
    List<String> sizes = shapes.stream().map(shape -> Long.toString(shape.size())).toList();
    String parts =
        text.let(
            String.format(
                Locale.ROOT,
                "torch.split_with_sizes(%s, [%s], 0)",
                flat,
                String.join(", ", sizes)));
    List<String> views = new ArrayList<>();
    for (int i = 0; i < shapes.size(); i++) {
      views.add("torch.view(" + parts + "[" + i + "], " + shapes.get(i) + ")");
    }
    // In-place operators on lists are deleted as dead code unless the lists have names and an
    // element is used afterwards: the first part, seen as the whole.
    String targets = text.let("[" + String.join(", ", views) + "]");
    List<String> sources = inputs.stream().map(name -> "torch.detach(" + name + ")").toList();
    text.let("torch._foreach_copy_(" + targets + ", [" + String.join(", ", sources) + "])");
    text.assign(
        outputs.get(0),
        String.format(Locale.ROOT, "torch.as_strided(%s[0], [%d], [1], 0)", targets, size()));
  }

  @Override
  public Derivative derivative() {
    return Derivative.NONE;
  }
}
