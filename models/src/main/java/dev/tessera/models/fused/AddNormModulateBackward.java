package dev.tessera.models.fused;

import dev.tessera.models.graph.CustomOperator;
import dev.tessera.models.graph.TensorType;
import java.util.List;

/**
 * {@code grad of sum or [0], grad of out, sum, mean, rstd, gate, delta, scale -> by x, gate, delta,
 * shift, scale}.
 */
record AddNormModulateBackward() implements CustomOperator {
  @Override
  public String name() {
    return "add_norm_modulate_backward";
  }

  @Override
  public List<TensorType> infer(List<TensorType> inputs) {
    TensorType gate = inputs.get(5);
    TensorType scale = inputs.get(7);
    return List.of(inputs.get(2), gate, inputs.get(6), scale, scale);
  }
}
