package dev.tessera.models.graph;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * In which order kernels leave the dimensions of a value in memory, as far as that is known: it
 * decides which operations copy.
 *
 * @param dims from the slowest to the fastest; empty where the elements leave gaps or nothing is
 *     known
 */
public record MemoryOrder(List<Integer> dims) {

  static final MemoryOrder UNKNOWN = new MemoryOrder(List.of());

  /** {@code [N, C, H, W]} seen as {@code [N, H, W, C]}. */
  public static final MemoryOrder CHANNELS_LAST = new MemoryOrder(List.of(0, 2, 3, 1));

  /** {@code [N, T, heads, d]} seen as {@code [N, heads, T, d]}. */
  static final MemoryOrder HEADS_INSIDE = new MemoryOrder(List.of(0, 2, 1, 3));

  public MemoryOrder {
    dims = List.copyOf(dims);
  }

  public static MemoryOrder rowMajor(Shape shape) {
    return new MemoryOrder(IntStream.range(0, shape.rank()).boxed().toList());
  }

  /** That of the first operand of the result's rank; on a GPU, of the first whose is known. */
  public static MemoryOrder ofFirst(List<Tensor> operands, Shape result) {
    return operands.stream()
        .filter(t -> t.shape().rank() == result.rank())
        .map(Tensor::order)
        .filter(order -> !onGpu(operands) || !order.equals(UNKNOWN))
        .findFirst()
        .orElseGet(() -> rowMajor(result));
  }

  /** This one on a GPU, where kernels leave it; those of a CPU are counted as row-major. */
  MemoryOrder onGpu(List<Tensor> operands, Shape result) {
    return onGpu(operands) ? this : rowMajor(result);
  }

  private static boolean onGpu(List<Tensor> operands) {
    return operands.get(0).trace().channelsLast();
  }

  /** Of {@code operand} seen as {@code to} where it lies, or row-major in a copy. */
  static MemoryOrder reshaped(Tensor operand, Shape to) {
    List<Tensor> operands = List.of(operand);
    if (!reshapesInPlace(operand, to) || operand.order().isRowMajor()) {
      return rowMajor(to);
    }
    return onGpu(operands) ? UNKNOWN : ofFirst(operands, to);
  }

  /**
   * Whether {@code operand} can be seen as {@code to} where it lies. On a CPU, one that is not
   * row-major is counted as copied wherever sizes other than 1 change.
   */
  static boolean reshapesInPlace(Tensor operand, Shape to) {
    return operand.order().isRowMajor()
        || (onGpu(List.of(operand))
            ? splits(operand.shape(), to)
            : withoutOnes(operand.shape()).equals(withoutOnes(to)));
  }

  private static List<Long> withoutOnes(Shape shape) {
    return Arrays.stream(shape.toArray()).filter(dim -> dim != 1).boxed().toList();
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

  /** Of a value whose dimension {@code i} is dimension {@code order[i]} of this. */
  MemoryOrder permuted(List<Integer> order) {
    return new MemoryOrder(dims.stream().map(order::indexOf).toList());
  }

  /** Of some entries of one dimension: without gaps only if it is the slowest. */
  MemoryOrder part(int axis) {
    return !dims.isEmpty() && dims.get(0) == axis ? this : UNKNOWN;
  }
}
