package dev.tessera.models.nn;

import dev.tessera.models.graph.Scope;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.Tensor;

/**
 * EDM2's uncertainty u of each noise level (Karras et al. 2024, equation 21), a logarithm of
 * variance: the loss {@code w / exp(u) |D - x0|^2 + u} weighs all levels alike. Cosines of the
 * level's label at fixed random frequencies, and one layer.
 */
public final class UncertaintyHead {

  /** EDM2's number of cosines. */
  public static final int FEATURES = 128;

  private final int features;
  private final UnitLinear linear;

  /** With {@link #FEATURES} cosines. */
  public UncertaintyHead(Scope scope) {
    this(scope, FEATURES);
  }

  /**
   * @param features cosines; there is a parameter for each
   */
  public UncertaintyHead(Scope scope, int features) {
    BackboneSizes.positive("features", features);
    this.features = features;
    this.linear = new UnitLinear(scope.child("linear"), features, 1);
  }

  /**
   * u in the master type, {@code [N]}.
   *
   * @param noise {@code [N]}, {@code ln(sigma) / 4}, whatever label the network is given
   */
  public Tensor apply(Tensor noise) {
    Tensor cosines = Magnitude.fourier(noise, features);
    Tensor u = noise.trace().inMaster(() -> linear.apply(cosines));
    return u.reshape(Shape.of(noise.dim(0)));
  }
}
