package dev.tessera.models.graph;

import dev.tessera.models.graph.memory.Kept;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** Operations that move, view or convert elements without combining them. */
final class Structure {

  private Structure() {}

  /** The same elements in row-major order under another shape. */
  record Reshape(Shape shape) implements Operation {
    @Override
    public List<TensorType> infer(List<TensorType> inputs) {
      if (inputs.get(0).shape().size() != shape.size()) {
        throw new ShapeException(
            "reshape expects equal sizes, got " + inputs.get(0).shape() + " and " + shape);
      }
      return List.of(new TensorType(inputs.get(0).dtype(), shape));
    }

    @Override
    public void emit(Statements text, List<String> outputs, List<String> inputs) {
      // The first size is left open, so that an exported program serves any batch.
      String sizes =
          shape.rank() == 0 ? "[]" : shape.size() == 0 ? shape.toString() : open(shape.toArray());
      text.assign(outputs.get(0), "torch.reshape(" + inputs.get(0) + ", " + sizes + ")");
    }

    private static String open(long[] dims) {
      List<String> parts = new ArrayList<>();
      parts.add("-1");
      for (int i = 1; i < dims.length; i++) {
        parts.add(Long.toString(dims[i]));
      }
      return "[" + String.join(", ", parts) + "]";
    }

    @Override
    public Derivative derivative() {
      return Derivative.SECOND;
    }
  }

  /** Dimension {@code i} of the result is dimension {@code order.get(i)} of the operand. */
  record Permute(List<Integer> order) implements Operation {
    @Override
    public List<TensorType> infer(List<TensorType> inputs) {
      Shape shape = inputs.get(0).shape();
      boolean permutation =
          order.size() == shape.rank()
              && order.stream().distinct().count() == order.size()
              && order.stream().allMatch(i -> i >= 0 && i < shape.rank());
      if (!permutation) {
        throw new ShapeException("permute expects an order of " + shape + ", got " + order);
      }
      return List.of(
          new TensorType(
              inputs.get(0).dtype(), Shape.of(order.stream().mapToLong(shape::dim).toArray())));
    }

    @Override
    public void emit(Statements text, List<String> outputs, List<String> inputs) {
      text.assign(outputs.get(0), "torch.permute(" + inputs.get(0) + ", " + order + ")");
    }

    @Override
    public Derivative derivative() {
      return Derivative.SECOND;
    }
  }

  /** Repeats dimensions of size 1 without a copy. */
  record Expand(Shape from, Shape shape) implements Operation {
    @Override
    public List<TensorType> infer(List<TensorType> inputs) {
      if (!shape.equals(Shape.broadcast(from, shape))) {
        throw new ShapeException(
            "expand expects sizes of 1 or equal, got " + from + " and " + shape);
      }
      return List.of(new TensorType(inputs.get(0).dtype(), shape));
    }

    @Override
    public void emit(Statements text, List<String> outputs, List<String> inputs) {
      text.assign(outputs.get(0), "torch.expand(" + inputs.get(0) + ", " + sizes() + ")");
    }

    /** Kept sizes are written as -1, so that an exported program serves any batch. */
    private List<Long> sizes() {
      int lead = shape.rank() - from.rank();
      List<Long> sizes = new ArrayList<>();
      for (int i = 0; i < shape.rank(); i++) {
        boolean kept = i >= lead && from.dim(i - lead) == shape.dim(i);
        sizes.add(kept ? -1 : shape.dim(i));
      }
      return sizes;
    }

    @Override
    public Derivative derivative() {
      return Derivative.SECOND;
    }
  }

  /** {@code length} entries of dimension {@code dim} from {@code start}: a view. */
  record Narrow(int dim, long start, long length) implements Operation {
    @Override
    public List<TensorType> infer(List<TensorType> inputs) {
      Shape shape = inputs.get(0).shape();
      if (start < 0 || length < 0 || start + length > shape.dim(dim)) {
        throw new ShapeException(
            "narrow expects [" + start + ", " + (start + length) + ") within " + shape);
      }
      return List.of(new TensorType(inputs.get(0).dtype(), shape.with(dim, length)));
    }

    @Override
    public void emit(Statements text, List<String> outputs, List<String> inputs) {
      text.assign(
          outputs.get(0),
          "torch.narrow(" + inputs.get(0) + ", " + dim + ", " + start + ", " + length + ")");
    }

    @Override
    public Derivative derivative() {
      return Derivative.SECOND;
    }
  }

  /** The operands one after the other along {@code dim}. */
  record Cat(int dim) implements Operation {
    @Override
    public List<TensorType> infer(List<TensorType> inputs) {
      Shape first = inputs.get(0).shape();
      long total = 0;
      for (TensorType type : inputs) {
        if (!type.shape().with(dim, 0).equals(first.with(dim, 0))) {
          throw new ShapeException(
              "cat along "
                  + dim
                  + " expects equal other sizes, got "
                  + first
                  + " and "
                  + type.shape());
        }
        if (type.dtype() != inputs.get(0).dtype()) {
          throw new ShapeException("cat expects one type, got " + inputs.get(0) + " and " + type);
        }
        total += type.shape().dim(dim);
      }
      return List.of(new TensorType(inputs.get(0).dtype(), first.with(dim, total)));
    }

    @Override
    public void emit(Statements text, List<String> outputs, List<String> inputs) {
      text.assign(outputs.get(0), "torch.cat([" + String.join(", ", inputs) + "], " + dim + ")");
    }

    @Override
    public Derivative derivative() {
      return Derivative.SECOND;
    }
  }

  /** Consecutive parts of the given sizes along {@code dim}: views. */
  record Split(List<Long> sizes, int dim) implements Operation {
    @Override
    public List<TensorType> infer(List<TensorType> inputs) {
      Shape shape = inputs.get(0).shape();
      if (sizes.stream().mapToLong(Long::longValue).sum() != shape.dim(dim)) {
        throw new ShapeException(
            "split expects sizes that add up to "
                + shape.dim(dim)
                + " along "
                + dim
                + ", got "
                + sizes);
      }
      return sizes.stream()
          .map(size -> new TensorType(inputs.get(0).dtype(), shape.with(dim, size)))
          .toList();
    }

    @Override
    public void emit(Statements text, List<String> outputs, List<String> inputs) {
      String list =
          text.let(
              "torch.split_with_sizes("
                  + inputs.get(0)
                  + ", "
                  + sizes.stream().map(String::valueOf).collect(Collectors.joining(", ", "[", "]"))
                  + ", "
                  + dim
                  + ")");
      for (int i = 0; i < outputs.size(); i++) {
        text.assign(outputs.get(i), list + "[" + i + "]");
      }
    }

    @Override
    public Derivative derivative() {
      return Derivative.SECOND;
    }
  }

  /** The elements of dimension {@code dim} in reverse. */
  record Flip(int dim) implements Operation {
    @Override
    public List<TensorType> infer(List<TensorType> inputs) {
      inputs.get(0).shape().axis(dim);
      return List.of(inputs.get(0));
    }

    @Override
    public void emit(Statements text, List<String> outputs, List<String> inputs) {
      text.assign(outputs.get(0), "torch.flip(" + inputs.get(0) + ", [" + dim + "])");
    }

    @Override
    public Derivative derivative() {
      return Derivative.SECOND;
    }
  }

  /** A row-major copy if the operand is not already row-major. */
  record Contiguous() implements Operation {
    @Override
    public List<TensorType> infer(List<TensorType> inputs) {
      return List.of(inputs.get(0));
    }

    @Override
    public void emit(Statements text, List<String> outputs, List<String> inputs) {
      text.assign(outputs.get(0), "torch.contiguous(" + inputs.get(0) + ")");
    }

    @Override
    public Derivative derivative() {
      return Derivative.SECOND;
    }
  }

  /** Zeros below and on the right of {@code [N, C, H, W]}. */
  record PadZeros(int rows, int columns) implements Operation {
    @Override
    public List<TensorType> infer(List<TensorType> inputs) {
      Shape x = inputs.get(0).shape();
      if (x.rank() != 4 || rows < 0 || columns < 0) {
        throw new ShapeException(
            "pad expects [N, C, H, W] and 0 or more rows and columns, got "
                + x
                + ", "
                + rows
                + " and "
                + columns);
      }
      Shape wider = x.with(2, x.dim(2) + rows).with(3, x.dim(3) + columns);
      return List.of(new TensorType(inputs.get(0).dtype(), wider));
    }

    @Override
    public void emit(Statements text, List<String> outputs, List<String> inputs) {
      text.assign(
          outputs.get(0),
          String.format(
              Locale.ROOT,
              "torch.constant_pad_nd(%s, [0, %d, 0, %d], 0)",
              inputs.get(0),
              columns,
              rows));
    }

    @Override
    public Derivative derivative() {
      return Derivative.SECOND;
    }
  }

  /** The elements of {@code [N, C, H, W]} in the order of {@code [N, H, W, C]}. */
  record ChannelsLast() implements Operation {
    @Override
    public List<TensorType> infer(List<TensorType> inputs) {
      if (inputs.get(0).shape().rank() != 4) {
        throw new ShapeException(
            "channels last expects [N, C, H, W], got " + inputs.get(0).shape());
      }
      return List.of(inputs.get(0));
    }

    @Override
    public void emit(Statements text, List<String> outputs, List<String> inputs) {
      text.assign(outputs.get(0), "torch.contiguous(" + inputs.get(0) + ", memory_format=2)");
    }

    @Override
    public Derivative derivative() {
      return Derivative.SECOND;
    }
  }

  /** The elements as another type. */
  record Cast(DType dtype) implements Operation {
    @Override
    public List<TensorType> infer(List<TensorType> inputs) {
      return List.of(new TensorType(dtype, inputs.get(0).shape()));
    }

    @Override
    public void emit(Statements text, List<String> outputs, List<String> inputs) {
      text.assign(outputs.get(0), "torch.to(" + inputs.get(0) + ", " + dtype.scalarType() + ")");
    }

    @Override
    public Derivative derivative() {
      return dtype.isFloating() ? Derivative.SECOND : Derivative.NONE;
    }
  }

  /** The same values, for which no gradient flows back. */
  record Detach() implements Operation {
    @Override
    public List<TensorType> infer(List<TensorType> inputs) {
      return List.of(inputs.get(0));
    }

    @Override
    public void emit(Statements text, List<String> outputs, List<String> inputs) {
      text.assign(outputs.get(0), "torch.detach(" + inputs.get(0) + ")");
    }

    @Override
    public Derivative derivative() {
      return Derivative.NONE;
    }
  }

  /** A fresh leaf of the autograd graph with the operand's values: programs make their own. */
  record Leaf() implements Operation {
    @Override
    public List<TensorType> infer(List<TensorType> inputs) {
      if (!inputs.get(0).dtype().isFloating()) {
        throw new ShapeException("only floating tensors have gradients, got " + inputs.get(0));
      }
      return List.of(inputs.get(0));
    }

    @Override
    public void emit(Statements text, List<String> outputs, List<String> inputs) {
      text.assign(
          outputs.get(0), "torch.requires_grad_(torch.detach(" + inputs.get(0) + "), True)");
    }

    @Override
    public Derivative derivative() {
      return Derivative.NONE;
    }
  }

  /** Repeats each pixel of {@code [N, C, H, W]} {@code scale} times in both directions. */
  record UpsampleNearest(int scale) implements Operation {
    UpsampleNearest {
      if (scale < 1) {
        throw new ShapeException("upsample expects a scale of at least 1, got " + scale);
      }
    }

    @Override
    public List<TensorType> infer(List<TensorType> inputs) {
      Shape x = image("upsample", inputs.get(0));
      return List.of(
          new TensorType(
              inputs.get(0).dtype(), x.with(2, x.dim(2) * scale).with(3, x.dim(3) * scale)));
    }

    @Override
    public void emit(Statements text, List<String> outputs, List<String> inputs) {
      text.assign(
          outputs.get(0),
          String.format(
              Locale.ROOT,
              "torch.upsample_nearest2d(%s, None, [%d., %d.])",
              inputs.get(0),
              scale,
              scale));
    }

    @Override
    public Derivative derivative() {
      return Derivative.SECOND;
    }
  }

  /** The mean of each {@code size x size} tile of {@code [N, C, H, W]}. */
  record AvgPool(int size) implements Operation {
    AvgPool {
      if (size < 1) {
        throw new ShapeException("average pool expects a size of at least 1, got " + size);
      }
    }

    @Override
    public List<TensorType> infer(List<TensorType> inputs) {
      Shape x = image("average pool", inputs.get(0));
      if (x.dim(2) % size != 0 || x.dim(3) % size != 0) {
        throw new ShapeException("average pool expects sizes that " + size + " divides, got " + x);
      }
      return List.of(
          new TensorType(
              inputs.get(0).dtype(), x.with(2, x.dim(2) / size).with(3, x.dim(3) / size)));
    }

    @Override
    public void emit(Statements text, List<String> outputs, List<String> inputs) {
      text.assign(
          outputs.get(0),
          String.format(
              Locale.ROOT,
              "torch.avg_pool2d(%s, [%d, %d], [%d, %d])",
              inputs.get(0),
              size,
              size,
              size,
              size));
    }

    @Override
    public Kept kept() {
      return Kept.OPERANDS;
    }

    @Override
    public Derivative derivative() {
      return Derivative.SECOND;
    }
  }

  private static Shape image(String name, TensorType x) {
    x.floating(name);
    if (x.shape().rank() != 4) {
      throw new ShapeException(name + " expects [N, C, H, W], got " + x.shape());
    }
    return x.shape();
  }
}
