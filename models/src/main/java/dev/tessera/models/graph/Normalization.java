package dev.tessera.models.graph;

import dev.tessera.models.graph.memory.Kept;
import java.util.List;
import java.util.Locale;

/** Normalisation of activations to mean 0 and variance 1, with scale and shift. */
sealed interface Normalization extends Operation {

  @Override
  default Derivative derivative() {
    return Derivative.SECOND;
  }

  /**
   * Over groups of channels of {@code [N, C, ...]}, weight and bias {@code [C]} (Wu and He 2018).
   */
  record GroupNorm(int groups, double eps) implements Normalization {
    @Override
    public List<TensorType> infer(List<TensorType> inputs) {
      Shape x = inputs.get(0).shape();
      if (x.rank() < 2 || groups < 1 || x.dim(1) % groups != 0) {
        throw new ShapeException(
            "group norm expects channels that " + groups + " groups divide, got " + x);
      }
      affine("group norm", inputs, x.dim(1));
      return List.of(inputs.get(0));
    }

    @Override
    public void emit(Statements text, List<String> outputs, List<String> inputs) {
      text.assign(
          outputs.get(0),
          String.format(
              Locale.ROOT,
              "torch.group_norm(%s, %d, %s, %s, %s)",
              inputs.get(0),
              groups,
              inputs.get(1),
              inputs.get(2),
              Statements.number(eps)));
    }

    @Override
    public double flops(List<TensorType> inputs, List<TensorType> outputs) {
      return 8.0 * inputs.get(0).shape().size();
    }

    @Override
    public Kept kept() {
      return Kept.OPERANDS;
    }
  }

  /** Over the last dimension; weight and bias may be absent (Ba et al. 2016). */
  record LayerNorm(long size, double eps) implements Normalization {
    @Override
    public List<TensorType> infer(List<TensorType> inputs) {
      if (inputs.get(0).shape().dim(-1) != size) {
        throw new ShapeException(
            "layer norm expects [.., " + size + "], got " + inputs.get(0).shape());
      }
      affine("layer norm", inputs, size);
      return List.of(inputs.get(0));
    }

    @Override
    public void emit(Statements text, List<String> outputs, List<String> inputs) {
      String affine = inputs.size() > 1 ? inputs.get(1) + ", " + inputs.get(2) : "None, None";
      text.assign(
          outputs.get(0),
          String.format(
              Locale.ROOT,
              "torch.layer_norm(%s, [%d], %s, %s)",
              inputs.get(0),
              size,
              affine,
              Statements.number(eps)));
    }

    @Override
    public double flops(List<TensorType> inputs, List<TensorType> outputs) {
      return 8.0 * inputs.get(0).shape().size();
    }

    @Override
    public Kept kept() {
      return Kept.OPERANDS;
    }
  }

  private static void affine(String name, List<TensorType> inputs, long channels) {
    inputs.get(0).floating(name);
    for (TensorType type : inputs.subList(1, inputs.size())) {
      inputs.get(0).alike(name, type);
      type.expect(name, "weight and bias", Shape.of(channels));
    }
  }
}
