package dev.tessera.models.nn;

import dev.tessera.models.graph.Scope;
import dev.tessera.models.graph.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * Residual layers on all numbers of a sample at once: each is normalised, scaled and shifted by the
 * noise level and the class, and ends at zero.
 */
final class Mlp implements Backbone {

  private static final double EPS = 1e-6;

  private final BackboneShape shape;
  private final NoiseEmbedding noise;
  private final Linear input;
  private final List<Layer> layers = new ArrayList<>();
  private final Linear modulation;
  private final Linear output;

  Mlp(Scope scope, BackboneRecipe.Mlp recipe, BackboneShape shape) {
    this.shape = shape;
    int width = recipe.width();
    long pixels = (long) shape.height() * shape.width();
    noise = new NoiseEmbedding(scope.child("noise"), width, shape);
    input = Linear.of(scope.child("input"), shape.channels() * pixels, width);
    for (int i = 0; i < recipe.depth(); i++) {
      layers.add(new Layer(scope.child("layers").segment(Integer.toString(i)), width));
    }
    modulation = Linear.zero(scope.child("modulation").stacked(2), width, 2L * width);
    output = Linear.zero(scope.child("output"), width, shape.outputs() * pixels);
  }

  private static final class Layer {
    final String segment;
    final Linear modulation;
    final Linear first;
    final Linear second;

    Layer(Scope scope, int width) {
      segment = scope.segment();
      modulation = Linear.zero(scope.child("modulation").stacked(2), width, 2L * width);
      first = Linear.of(scope.child("first"), width, width);
      second = Linear.zero(scope.child("second"), width, width);
    }

    Tensor apply(Tensor h, Tensor condition) {
      return h.trace().segment(segment, in -> body(in.get(0), in.get(1)), h, condition);
    }

    private Tensor body(Tensor h, Tensor condition) {
      Tensor hidden = first.apply(modulated(modulation, h, condition)).silu();
      return h.add(second.apply(hidden).master());
    }
  }

  private static Tensor modulated(Linear modulation, Tensor h, Tensor condition) {
    List<Tensor> shiftScale = modulation.apply(condition).master().chunk(1, 2);
    return shiftScale.get(0).addProduct(h.layerNorm(EPS), shiftScale.get(1).add(1));
  }

  @Override
  public Tensor features(Tensor noiseLevel) {
    return noise.features(noiseLevel);
  }

  @Override
  public double labelScale() {
    return NoiseEmbedding.SCALE;
  }

  @Override
  public Tensor apply(Tensor x, Tensor noiseLevel, Tensor label, Tensor augment) {
    Tensor condition = noise.apply(noiseLevel, label, augment).silu();
    long n = x.dim(0);
    Tensor h = input.apply(x.reshape(n, x.shape().size() / n)).master();
    for (Layer layer : layers) {
      h = layer.apply(h, condition);
    }
    Tensor last = modulated(modulation, h, condition).silu();
    return output.apply(last).master().reshape(n, shape.outputs(), shape.height(), shape.width());
  }
}
