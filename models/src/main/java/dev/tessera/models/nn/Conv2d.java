package dev.tessera.models.nn;

import dev.tessera.models.fused.AddBias;
import dev.tessera.models.graph.Initializer;
import dev.tessera.models.graph.Parameter;
import dev.tessera.models.graph.Scope;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.Tensor;
import dev.tessera.models.graph.Trace;

/** A convolution of {@code [N, in, H, W]} with square kernels. */
public final class Conv2d {

  private final String path;
  private final Parameter weight;
  private final Parameter bias;
  private final int stride;
  private final int padding;
  private final boolean oneSided;

  private Conv2d(
      Scope scope, long in, long out, int kernel, int stride, int padding, Initializer weights) {
    this(scope, in, out, kernel, stride, padding, false, weights, Initializer.zeros());
  }

  private Conv2d(
      Scope scope,
      long in,
      long out,
      int kernel,
      int stride,
      int padding,
      boolean oneSided,
      Initializer weights,
      Initializer biases) {
    this.path = scope.path();
    this.weight = scope.matrix("weight", Shape.of(out, in, kernel, kernel), weights);
    this.bias = scope.vector("bias", Shape.of(out), biases);
    this.stride = stride;
    this.padding = padding;
    this.oneSided = oneSided;
  }

  /** Same size: stride 1 and padding {@code kernel / 2}; PyTorch's initial weights. */
  public static Conv2d same(Scope scope, long in, long out, int kernel) {
    return new Conv2d(
        scope, in, out, kernel, 1, kernel / 2, Initializer.fanIn(in * kernel * kernel));
  }

  /** As {@link #same}, all zero at first. */
  public static Conv2d zero(Scope scope, long in, long out, int kernel) {
    return new Conv2d(scope, in, out, kernel, 1, kernel / 2, Initializer.zeros());
  }

  /**
   * As {@link #same}, with Glorot's initial weights times {@code scale}.
   *
   * @param scale next to 0 for the last layer of a block, which then begins as its skip
   */
  static Conv2d xavier(Scope scope, long in, long out, int kernel, double scale) {
    return new Conv2d(
        scope, in, out, kernel, 1, kernel / 2, Initializer.xavier(in, out, kernel, scale));
  }

  /** As {@link #same}, with PyTorch's initial biases too. */
  static Conv2d uniform(Scope scope, long in, long out, int kernel) {
    Initializer both = Initializer.fanIn(in * kernel * kernel);
    return new Conv2d(scope, in, out, kernel, 1, kernel / 2, false, both, both);
  }

  /** As {@link #xavier}, padded by one more, for a result with one more pixel on each side. */
  static Conv2d xavierWide(Scope scope, long in, long out, int kernel) {
    Initializer weights = Initializer.xavier(in, out, kernel, 1);
    return new Conv2d(scope, in, out, kernel, 1, kernel / 2 + 1, weights);
  }

  /** Halves height and width: kernel 3, stride 2, padding 1. */
  public static Conv2d halving(Scope scope, long in, long out) {
    return new Conv2d(scope, in, out, 3, 2, 1, Initializer.fanIn(in * 9));
  }

  /** As {@link #halving}, padded by 1 below and on the right alone. */
  public static Conv2d halvingOneSided(Scope scope, long in, long out) {
    Initializer weights = Initializer.fanIn(in * 9);
    return new Conv2d(scope, in, out, 3, 2, 0, true, weights, Initializer.zeros());
  }

  /** Any stride and padding, normal weights of the given standard deviation. */
  public static Conv2d normal(
      Scope scope, long in, long out, int kernel, int stride, int padding, double deviation) {
    return new Conv2d(scope, in, out, kernel, stride, padding, new Initializer.Normal(deviation));
  }

  /** {@code x [N, in, H, W]} to {@code [N, out, H', W']}, in the compute type. */
  public Tensor apply(Tensor x) {
    Trace trace = x.trace();
    Tensor added = trace.weight(bias);
    return AddBias.takes(trace, added.dim(0))
        ? applyAdding(x, null, 1)
        : trace.at(path, () -> convolved(x, added));
  }

  private Tensor convolved(Tensor x, Tensor biasOrNull) {
    Tensor padded = oneSided ? x.padZeros(1, 1) : x;
    return padded.conv2d(x.trace().weight(weight), biasOrNull, stride, padding);
  }

  /**
   * {@code (apply(x) + other) scale}, in one pass over the sum on a GPU.
   *
   * @param otherOrNull like the result; null for none
   */
  Tensor applyAdding(Tensor x, Tensor otherOrNull, double scale) {
    Trace trace = x.trace();
    return trace.at(
        path, () -> new AddBias(scale).apply(convolved(x, null), trace.weight(bias), otherOrNull));
  }

  /** As {@link #apply} without the bias, for a consumer that adds {@link #shift} by itself. */
  Tensor applyUnbiased(Tensor x) {
    return x.trace().at(path, () -> convolved(x, null));
  }

  /** The bias as {@code [pictures, out]}. */
  Tensor shift(Trace trace, long pictures) {
    Tensor values = trace.weight(bias);
    return values.reshape(1, values.dim(0)).expand(Shape.of(pictures, values.dim(0)));
  }

  /** The weight, for losses that look at its gradient. */
  public Parameter weight() {
    return weight;
  }
}
