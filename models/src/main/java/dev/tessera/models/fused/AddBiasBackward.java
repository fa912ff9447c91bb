package dev.tessera.models.fused;

import dev.tessera.models.graph.CustomOperator;
import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.TensorType;
import java.util.List;

/** {@code grad [N, C, H, W] -> by the bias fp32 [C]}. */
record AddBiasBackward() implements CustomOperator {
  @Override
  public String name() {
    return "add_bias_backward";
  }

  @Override
  public List<TensorType> infer(List<TensorType> inputs) {
    return List.of(new TensorType(DType.FLOAT32, Shape.of(inputs.get(0).shape().dim(1))));
  }
}
