package dev.tessera.models.fused;

import dev.tessera.models.graph.CustomOperator;
import dev.tessera.models.graph.TensorType;
import java.util.List;

/** {@code grad, x, mean, rstd, scale -> by x, shift, scale}. */
record NormModulateBackward() implements CustomOperator {
  @Override
  public String name() {
    return "norm_modulate_backward";
  }

  @Override
  public List<TensorType> infer(List<TensorType> inputs) {
    TensorType scale = inputs.get(4);
    return List.of(inputs.get(1), scale, scale);
  }
}
