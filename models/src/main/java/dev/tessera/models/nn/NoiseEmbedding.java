package dev.tessera.models.nn;

import dev.tessera.models.graph.Scope;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.Tensor;
import java.util.List;

/**
 * A vector for a noise level: sines and cosines of geometrically spaced frequencies (Vaswani et al.
 * 2017), then two layers, plus the vector of a class. {@code noise [N], label [N] -> [N, width]}.
 */
final class NoiseEmbedding {

  /** EDM's c_noise spans about 3; DDPM's time steps, for which the frequencies are made, 1000. */
  static final double SCALE = 250;

  private static final int FREQUENCIES = 64;
  private static final double SLOWEST = 1e-4;

  private final Linear first;
  private final Linear second;
  private final Embedding label;

  /** {@code classes} is 0 for unconditional models; class number {@code classes} means no class. */
  NoiseEmbedding(Scope scope, int width, int classes) {
    first = Linear.of(scope.child("in"), 2 * FREQUENCIES, width);
    second = Linear.of(scope.child("out"), width, width);
    label = classes > 0 ? new Embedding(scope.child("label"), classes + 1L, width) : null;
  }

  Tensor apply(Tensor noise, Tensor classes) {
    Tensor frequency =
        noise
            .trace()
            .range(FREQUENCIES, noise.type().dtype())
            .mul(Math.log(SLOWEST) / FREQUENCIES)
            .exp();
    Tensor angle = noise.mul(SCALE).reshape(Shape.of(noise.dim(0), 1)).mul(frequency);
    Tensor features = Tensor.cat(1, List.of(angle.cos(), angle.sin()));
    Tensor embedding = second.apply(first.apply(features).silu()).master();
    return label == null ? embedding : embedding.add(label.apply(classes));
  }
}
