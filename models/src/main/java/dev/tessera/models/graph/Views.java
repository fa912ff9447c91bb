package dev.tessera.models.graph;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** Operations whose result lies in its operand's memory, always or where its order allows it. */
sealed interface Views extends Operation {

  @Override
  default Derivative derivative() {
    return Derivative.SECOND;
  }

  @Override
  default View view() {
    return View.SAME;
  }

  @Override
  default MemoryOrder order(List<Tensor> operands, Shape result, int index) {
    return MemoryOrder.ofFirst(operands, result);
  }

  /** The same elements in row-major order under another shape. */
  record Reshape(Shape shape) implements Views {
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
    public View view() {
      return View.IF_ORDERED;
    }

    @Override
    public boolean isView(List<Tensor> operands, Shape result) {
      return MemoryOrder.reshapesInPlace(operands.get(0), shape);
    }

    @Override
    public MemoryOrder order(List<Tensor> operands, Shape result, int index) {
      return MemoryOrder.reshaped(operands.get(0), shape);
    }

    @Override
    public boolean passesDerivative(TensorType operand, TensorType result) {
      return true;
    }
  }

  /** Dimension {@code i} of the result is dimension {@code order.get(i)} of the operand. */
  record Permute(List<Integer> order) implements Views {
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
    public MemoryOrder order(List<Tensor> operands, Shape result, int index) {
      return operands.get(0).order().permuted(order);
    }

    @Override
    public boolean passesDerivative(TensorType operand, TensorType result) {
      return true;
    }
  }

  /** Repeats dimensions of size 1 without a copy. */
  record Expand(Shape from, Shape shape) implements Views {
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
    public View view() {
      return View.READ_ONLY;
    }

    @Override
    public MemoryOrder order(List<Tensor> operands, Shape result, int index) {
      return MemoryOrder.UNKNOWN;
    }
  }

  /** {@code length} entries of dimension {@code dim} from {@code start}: a view. */
  record Narrow(int dim, long start, long length) implements Views {
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
    public MemoryOrder order(List<Tensor> operands, Shape result, int index) {
      return operands.get(0).order().part(result.axis(dim));
    }
  }

  /** Consecutive parts of the given sizes along {@code dim}: views. */
  record Split(List<Long> sizes, int dim) implements Views {
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
    public MemoryOrder order(List<Tensor> operands, Shape result, int index) {
      return operands.get(0).order().part(result.axis(dim));
    }

    @Override
    public boolean joinsDerivatives() {
      return true;
    }
  }

  /** A row-major copy if the operand is not already row-major. */
  record Contiguous() implements Views {
    @Override
    public List<TensorType> infer(List<TensorType> inputs) {
      return List.of(inputs.get(0));
    }

    @Override
    public void emit(Statements text, List<String> outputs, List<String> inputs) {
      text.assign(outputs.get(0), "torch.contiguous(" + inputs.get(0) + ")");
    }

    @Override
    public View view() {
      return View.IF_ORDERED;
    }

    @Override
    public boolean isView(List<Tensor> operands, Shape result) {
      return operands.get(0).order().isRowMajor();
    }

    @Override
    public MemoryOrder order(List<Tensor> operands, Shape result, int index) {
      return MemoryOrder.rowMajor(result);
    }

    @Override
    public boolean passesDerivative(TensorType operand, TensorType result) {
      return true;
    }
  }

  /** The elements of {@code [N, C, H, W]} in the order of {@code [N, H, W, C]}. */
  record ChannelsLast() implements Views {
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
    public View view() {
      return View.IF_ORDERED;
    }

    @Override
    public boolean isView(List<Tensor> operands, Shape result) {
      return operands.get(0).order().isChannelsLast();
    }

    @Override
    public boolean makesChannelsLast() {
      return true;
    }

    @Override
    public MemoryOrder order(List<Tensor> operands, Shape result, int index) {
      return MemoryOrder.CHANNELS_LAST;
    }

    @Override
    public boolean passesDerivative(TensorType operand, TensorType result) {
      return true;
    }
  }

  /** The same values, for which no gradient flows back. */
  record Detach() implements Views {
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
  record Leaf() implements Views {
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

    @Override
    public boolean isLeaf() {
      return true;
    }

    @Override
    public View view() {
      return View.READ_ONLY;
    }
  }
}
