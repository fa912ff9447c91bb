package dev.tessera.models.nn;

import dev.tessera.models.graph.Initializer;
import dev.tessera.models.graph.Scope;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.Tensor;
import java.util.List;

/**
 * A vector for a noise level: sines and cosines of geometrically spaced frequencies (Vaswani et al.
 * 2017), then two layers, plus the vectors of a class and of an augmentation. {@code noise [N],
 * label [N], augment [N, k] -> [N, width]}.
 */
final class NoiseEmbedding {

  /** EDM's c_noise spans about 3; DDPM's time steps, for which the frequencies are made, 1000. */
  static final double SCALE = 250;

  /** Sines and cosines where a recipe does not say otherwise. */
  static final int FEATURES = 128;

  private static final double SLOWEST = 1e-4;

  private final int frequencies;
  private final Linear first;
  private final Linear second;
  private final Embedding label;
  private final Linear augment;

  /** Class number {@code classes} means no class. */
  NoiseEmbedding(Scope scope, int width, BackboneShape shape) {
    this(scope, FEATURES, width, shape);
  }

  /**
   * @param features sines and cosines
   */
  NoiseEmbedding(Scope scope, int features, int width, BackboneShape shape) {
    frequencies = features / 2;
    first = Linear.of(scope.child("in"), features, width);
    second = Linear.of(scope.child("out"), width, width);
    int classes = shape.classes();
    label = classes > 0 ? new Embedding(scope.child("label"), classes + 1L, width) : null;
    augment =
        shape.augment() > 0
            ? Linear.unbiased(scope.child("augment"), shape.augment(), width, Initializer.zeros())
            : null;
  }

  /**
   * @param augmented null for pictures as they are
   */
  Tensor apply(Tensor noise, Tensor classes, Tensor augmented) {
    Tensor embedding = second.apply(first.apply(features(noise)).silu()).master();
    Tensor sum = label == null ? embedding : embedding.add(label.apply(classes));
    return augment == null || augmented == null ? sum : sum.add(augment.apply(augmented).master());
  }

  /** {@code [N, features]}. */
  Tensor features(Tensor noise) {
    Tensor frequency =
        noise
            .trace()
            .range(frequencies, noise.type().dtype())
            .mul(Math.log(SLOWEST) / frequencies)
            .exp();
    Tensor angle = noise.mul(SCALE).reshape(Shape.of(noise.dim(0), 1)).mul(frequency);
    return Tensor.cat(1, List.of(angle.cos(), angle.sin()));
  }
}
