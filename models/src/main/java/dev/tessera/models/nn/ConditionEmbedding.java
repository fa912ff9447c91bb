package dev.tessera.models.nn;

import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Initializer;
import dev.tessera.models.graph.Scope;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.Tensor;
import dev.tessera.models.graph.Trace;
import java.util.List;

/**
 * The condition of EDM's U-Nets: sines and cosines of the noise level's label itself, two layers,
 * and the class and the augmentation. {@code noise [N], label [N], augment [N, k] -> [N, width]}.
 */
final class ConditionEmbedding {

  private static final double SLOWEST = 1e-4;

  /** Deviation of the random frequencies of NCSN++. */
  private static final double BANDWIDTH = 16;

  private enum Form {
    /** Frequencies from 1 down to the slowest, both included; the class before the layers. */
    POSITIONAL,
    /** Normal frequencies; the class before the layers. */
    FOURIER,
    /** Frequencies from 1 down, without the slowest; cosines first; the class after the layers. */
    ADM
  }

  private final Form form;
  private final int features;
  private final int classes;
  private final Linear label;
  private final Linear augment;
  private final Linear first;
  private final Linear second;

  private ConditionEmbedding(Scope scope, Form form, int features, int width, BackboneShape shape) {
    this.form = form;
    this.features = features;
    this.classes = shape.classes();
    boolean adm = form == Form.ADM;
    label = classes > 0 ? label(scope.child("label"), adm ? width : features) : null;
    augment = shape.augment() > 0 ? augment(scope.child("augment"), shape.augment()) : null;
    Scope in = scope.child("in");
    Scope out = scope.child("out");
    first = adm ? Linear.uniform(in, features, width) : Linear.of(in, features, width);
    second = adm ? Linear.uniform(out, width, width) : Linear.of(out, width, width);
  }

  private Linear label(Scope scope, int width) {
    return form == Form.ADM
        ? Linear.unbiased(scope, classes, width, new Initializer.Normal(1))
        : Linear.of(scope, classes, width);
  }

  private Linear augment(Scope scope, int numbers) {
    Initializer initial =
        form == Form.ADM ? Initializer.zeros() : Initializer.xavier(numbers, features);
    return Linear.unbiased(scope, numbers, features, initial);
  }

  /**
   * Of DDPM++.
   *
   * @param features sines and cosines
   */
  static ConditionEmbedding positional(Scope scope, int features, int width, BackboneShape shape) {
    return new ConditionEmbedding(scope, Form.POSITIONAL, features, width, shape);
  }

  /** Of NCSN++. */
  static ConditionEmbedding fourier(Scope scope, int features, int width, BackboneShape shape) {
    return new ConditionEmbedding(scope, Form.FOURIER, features, width, shape);
  }

  /** Of ADM. */
  static ConditionEmbedding adm(Scope scope, int features, int width, BackboneShape shape) {
    return new ConditionEmbedding(scope, Form.ADM, features, width, shape);
  }

  /**
   * @param labels class number {@code classes} means no class; null in unconditional models
   * @param augmented null for pictures as they are
   */
  Tensor apply(Tensor noise, Tensor labels, Tensor augmented) {
    Tensor sum = features(noise);
    boolean before = label != null && form != Form.ADM;
    if (before) {
      Tensor hot = OneHot.of(labels, classes).mul(Math.sqrt(classes));
      sum = sum.add(label.apply(hot).master());
    }
    if (augment != null && augmented != null) {
      sum = sum.add(augment.apply(augmented).master());
    }
    Tensor embedding = second.apply(first.apply(sum).silu());
    if (label != null && !before) {
      Tensor vector = label.apply(OneHot.of(labels, classes)).master();
      embedding = embedding.master().add(vector);
    }
    return embedding.silu();
  }

  /** Of a label of random frequencies, which are high, one unit is so many steps. */
  static final int FOURIER_STEPS = 1000;

  /** Steps that are one unit of its label. */
  double labelScale() {
    return form == Form.FOURIER ? FOURIER_STEPS : 1;
  }

  /** {@code [N, features]}. */
  Tensor features(Tensor noise) {
    Tensor frequency = frequencies(noise);
    Tensor angle = noise.reshape(Shape.of(noise.dim(0), 1)).mul(frequency);
    return form == Form.ADM
        ? Tensor.cat(1, List.of(angle.cos(), angle.sin()))
        : Tensor.cat(1, List.of(angle.sin(), angle.cos()));
  }

  private Tensor frequencies(Tensor noise) {
    Trace trace = noise.trace();
    int half = features / 2;
    DType dtype = noise.type().dtype();
    return switch (form) {
      case POSITIONAL ->
          trace.range(half, dtype).mul(Math.log(SLOWEST) / Math.max(1, half - 1)).exp();
      case FOURIER -> trace.fixedNormal(0, Shape.of(half)).mul(2 * Math.PI * BANDWIDTH).cast(dtype);
      case ADM -> trace.range(half, dtype).mul(Math.log(SLOWEST) / half).exp();
    };
  }
}
