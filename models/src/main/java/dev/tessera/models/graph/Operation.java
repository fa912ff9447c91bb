package dev.tessera.models.graph;

import dev.tessera.models.graph.memory.Kept;
import java.util.List;
import java.util.Set;

/**
 * One operation of a program: a value that knows its shape rule, its cost and how it is written in
 * TorchScript. The list is closed, so that a test can hold every operation to finite differences;
 * ATen remains within reach by adding a record here.
 */
public sealed interface Operation
    permits Pointwise.Unary,
        Pointwise.Binary,
        Pointwise.WithScalar,
        Pointwise.LeakyRelu,
        Pointwise.Clamp,
        Pointwise.Compare,
        Pointwise.Where,
        Pointwise.AddProduct,
        Reduction.Reduce,
        Reduction.ArgReduce,
        Reduction.CumulativeSum,
        Reduction.Softmax,
        Reduction.LogSoftmax,
        Contraction.MatMul,
        Contraction.Linear,
        Contraction.Conv2d,
        Contraction.Depthwise,
        Contraction.Attention,
        Decomposition.SymmetricEigen,
        Normalization.GroupNorm,
        Normalization.LayerNorm,
        Structure.Reshape,
        Structure.Permute,
        Structure.Expand,
        Structure.Narrow,
        Structure.Cat,
        Structure.Split,
        Structure.Flip,
        Structure.Contiguous,
        Structure.ChannelsLast,
        Structure.PadZeros,
        Structure.Cast,
        Structure.Detach,
        Structure.Leaf,
        Structure.UpsampleNearest,
        Structure.AvgPool,
        Indexing.Embedding,
        Indexing.IndexAdd,
        Indexing.Gather,
        Indexing.Sampled,
        Creation.Full,
        Creation.Range,
        Creation.Random,
        Own.Operator,
        Assemble,
        Grad,
        InPlace.Copy,
        InPlace.Lerp,
        InPlace.AddScaled,
        InPlace.AdamW {

  /** Types of the results. Throws {@link ShapeException} if the operands do not fit. */
  List<TensorType> infer(List<TensorType> inputs);

  /** Writes statements that define {@code outputs} from {@code inputs}, all variable names. */
  void emit(Statements text, List<String> outputs, List<String> inputs);

  /** Floating-point operations, a multiplication and an addition counting as two. */
  default double flops(List<TensorType> inputs, List<TensorType> outputs) {
    return 0;
  }

  Derivative derivative();

  /** What stays in memory until the backward pass. */
  default Kept kept() {
    return Kept.NOTHING;
  }

  /** Bytes that the kernel takes for itself while it runs. */
  default long scratch(List<TensorType> inputs, List<TensorType> outputs) {
    return 0;
  }

  /**
   * Bytes that a GPU's library takes beside {@link #scratch} for exact float32.
   *
   * @param backward whether in the backward pass
   */
  default long exactScratch(List<TensorType> inputs, List<TensorType> outputs, boolean backward) {
    return 0;
  }

  /** Whether corresponding elements are combined, so that the result lies as its operands lie. */
  default boolean isPointwise() {
    return false;
  }

  /** The numbers of the operands that are changed in place. */
  default Set<Integer> mutates() {
    return Set.of();
  }
}
