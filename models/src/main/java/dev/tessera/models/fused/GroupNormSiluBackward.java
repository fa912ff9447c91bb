package dev.tessera.models.fused;

import dev.tessera.models.graph.CustomOperator;
import dev.tessera.models.graph.MemoryOrder;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.Tensor;
import dev.tessera.models.graph.TensorType;
import java.util.List;

/** {@code grad, x, shift, mean, rstd, weight, bias, key -> by x, shift, weight, bias}. */
record GroupNormSiluBackward(GroupNormSilu norm, long site) implements CustomOperator {
  @Override
  public String name() {
    return "group_norm_silu_backward";
  }

  @Override
  public List<Object> constants() {
    return List.of(norm.groups(), norm.silu(), norm.dropout(), site);
  }

  /** Of the pictures' gradient; all others are in rows. */
  @Override
  public MemoryOrder order(List<Tensor> operands, Shape result, int index) {
    return index == 0 ? MemoryOrder.CHANNELS_LAST : MemoryOrder.rowMajor(result);
  }

  @Override
  public List<TensorType> infer(List<TensorType> inputs) {
    return List.of(inputs.get(1), inputs.get(2), inputs.get(5), inputs.get(6));
  }
}
