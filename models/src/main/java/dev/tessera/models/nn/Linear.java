package dev.tessera.models.nn;

import dev.tessera.models.fused.BiasGelu;
import dev.tessera.models.graph.Initializer;
import dev.tessera.models.graph.Parameter;
import dev.tessera.models.graph.Scope;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.Tensor;
import dev.tessera.models.graph.Trace;

/** An affine map of the last dimension: {@code [..., in] -> [..., out]}. */
public final class Linear {

  private final String path;
  private final Parameter weight;
  private final Parameter bias;

  /**
   * @param biases null for a linear map
   */
  private Linear(Scope scope, long in, long out, Initializer weights, Initializer biases) {
    this.path = scope.path();
    this.weight = scope.matrix("weight", Shape.of(out, in), weights);
    this.bias = biases == null ? null : scope.vector("bias", Shape.of(out), biases);
  }

  /** Glorot's initial weights, bias 0. */
  public static Linear of(Scope scope, long in, long out) {
    return new Linear(scope, in, out, Initializer.xavier(in, out), Initializer.zeros());
  }

  /** PyTorch's initial weights and biases. */
  static Linear uniform(Scope scope, long in, long out) {
    Initializer both = Initializer.fanIn(in);
    return new Linear(scope, in, out, both, both);
  }

  /** Without a bias. */
  static Linear unbiased(Scope scope, long in, long out, Initializer weights) {
    return new Linear(scope, in, out, weights, null);
  }

  /** All zero at first: the block that it ends is then the identity. */
  public static Linear zero(Scope scope, long in, long out) {
    return new Linear(scope, in, out, Initializer.zeros(), Initializer.zeros());
  }

  /** {@code x [..., in]} to {@code [..., out]}, in the compute type. */
  public Tensor apply(Tensor x) {
    return x.trace()
        .at(
            path,
            () -> x.linear(x.trace().weight(weight), bias == null ? null : x.trace().bias(bias)));
  }

  /** {@link #apply}, then GELU in its tanh form. */
  Tensor applyGelu(Tensor x) {
    Trace trace = x.trace();
    return trace.at(
        path, () -> new BiasGelu().ofLinear(x, trace.weight(weight), trace.weight(bias)));
  }
}
