package dev.tessera.models.graph;

import java.util.List;
import java.util.stream.IntStream;

/**
 * In which order a GPU's kernels leave the dimensions of a value in memory, as far as that is
 * known: it decides which operations copy.
 *
 * @param dims from the slowest to the fastest; empty where the elements leave gaps or nothing is
 *     known
 */
record MemoryOrder(List<Integer> dims) {

  private static final MemoryOrder UNKNOWN = new MemoryOrder(List.of());
  private static final MemoryOrder CHANNELS_LAST = new MemoryOrder(List.of(0, 2, 3, 1));

  /** {@code [N, T, heads, d]} seen as {@code [N, heads, T, d]}. */
  private static final MemoryOrder HEADS_INSIDE = new MemoryOrder(List.of(0, 2, 1, 3));

  MemoryOrder {
    dims = List.copyOf(dims);
  }

  static MemoryOrder rowMajor(Shape shape) {
    return new MemoryOrder(IntStream.range(0, shape.rank()).boxed().toList());
  }

  /** Of result number {@code index} of an operation on {@code operands}. */
  static MemoryOrder of(Operation operation, List<Tensor> operands, Shape shape, int index) {
    if (operation instanceof Grad grad) {
      // Convolutions and norms answer in the order that they were given.
      return operands.get(grad.of() + index).order();
    }
    if (operation instanceof Structure.ChannelsLast
        || operation instanceof Contraction.Conv2d
        || operation instanceof Contraction.Depthwise
        || (index == 0
            && (operation instanceof Own.GroupNormSilu
                || operation instanceof Own.GroupNormSiluBackward))) {
      return CHANNELS_LAST;
    }
    if (operation instanceof Contraction.Attention) {
      return HEADS_INSIDE;
    }
    if (operation instanceof Structure.Permute permute) {
      return operands.get(0).order().permuted(permute.order());
    }
    boolean eigenvectors = operation instanceof Decomposition.SymmetricEigen && index == 1;
    if (operation instanceof Structure.Expand || eigenvectors) {
      return UNKNOWN;
    }
    if (operation instanceof Structure.Reshape) {
      boolean view = reshapesInPlace(operands.get(0), shape);
      return !view || operands.get(0).order().isRowMajor() ? rowMajor(shape) : UNKNOWN;
    }
    if (operation instanceof Structure.Narrow narrow) {
      return operands.get(0).order().part(shape.axis(narrow.dim()));
    }
    if (operation instanceof Structure.Split split) {
      return operands.get(0).order().part(shape.axis(split.dim()));
    }
    return keeps(operation)
        ? operands.stream()
            .filter(t -> t.shape().rank() == shape.rank() && !t.order().equals(UNKNOWN))
            .findFirst()
            .map(Tensor::order)
            .orElseGet(() -> rowMajor(shape))
        : rowMajor(shape);
  }

  /** Whether the result lies as the operands lie. */
  private static boolean keeps(Operation operation) {
    return operation.isPointwise()
        || operation instanceof Structure.Cast
        || operation instanceof Structure.Detach
        || operation instanceof Structure.Leaf
        || operation instanceof Structure.UpsampleNearest
        || operation instanceof Structure.AvgPool
        || operation instanceof Structure.PadZeros
        || operation instanceof Structure.Cat
        || operation instanceof Own.AddBias
        || operation instanceof Own.ScaledSum
        || operation instanceof Own.MeanPool;
  }

  /** Whether {@code operand} can be seen in another shape where it lies. */
  static boolean reshapesInPlace(Tensor operand, Shape shape) {
    return operand.order().isRowMajor() || splits(operand.shape(), shape);
  }

  /**
   * Whether each dimension of {@code from} is a product of consecutive dimensions of {@code to}.
   */
  private static boolean splits(Shape from, Shape to) {
    int next = 0;
    for (int i = 0; i < from.rank(); i++) {
      long size = 1;
      while (size < from.dim(i) && next < to.rank()) {
        size *= to.dim(next++);
      }
      if (size != from.dim(i)) {
        return false;
      }
    }
    while (next < to.rank()) {
      if (to.dim(next++) != 1) {
        return false;
      }
    }
    return true;
  }

  boolean isRowMajor() {
    return !equals(UNKNOWN) && IntStream.range(0, dims.size()).allMatch(i -> dims.get(i) == i);
  }

  boolean isChannelsLast() {
    return equals(CHANNELS_LAST);
  }

  private MemoryOrder permuted(List<Integer> order) {
    return new MemoryOrder(dims.stream().map(order::indexOf).toList());
  }

  /** Of some entries of one dimension: without gaps only if it is the slowest. */
  private MemoryOrder part(int axis) {
    return !dims.isEmpty() && dims.get(0) == axis ? this : UNKNOWN;
  }
}
