package dev.tessera.models.fused;

import dev.tessera.models.graph.CustomOperator;
import dev.tessera.models.graph.TensorType;
import java.util.List;

/** {@code grad, x, bias -> by x, bias}. */
record BiasGeluBackward() implements CustomOperator {
  @Override
  public String name() {
    return "bias_gelu_backward";
  }

  @Override
  public List<TensorType> infer(List<TensorType> inputs) {
    return List.of(inputs.get(1), inputs.get(2));
  }
}
