package dev.tessera.models.diffusion.space;

import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.Tensor;

/**
 * A tensor {@code [n]} of a program.
 *
 * @param tensor float32 or float64, of one dimension
 */
public record Traced(Tensor tensor) implements Real<Traced> {

  public Traced {
    if (tensor.shape().rank() != 1) {
      throw new IllegalArgumentException(
          "tensor: " + tensor.shape() + " (expected: one dimension)");
    }
  }

  @Override
  public Traced add(Traced other) {
    return new Traced(tensor.add(other.tensor));
  }

  @Override
  public Traced sub(Traced other) {
    return new Traced(tensor.sub(other.tensor));
  }

  @Override
  public Traced mul(Traced other) {
    return new Traced(tensor.mul(other.tensor));
  }

  @Override
  public Traced div(Traced other) {
    return new Traced(tensor.div(other.tensor));
  }

  @Override
  public Traced add(double value) {
    return new Traced(tensor.add(value));
  }

  @Override
  public Traced mul(double value) {
    return new Traced(tensor.mul(value));
  }

  @Override
  public Traced square() {
    return new Traced(tensor.square());
  }

  @Override
  public Traced reciprocal() {
    return new Traced(tensor.reciprocal());
  }

  @Override
  public Traced sqrt() {
    return new Traced(tensor.sqrt());
  }

  @Override
  public Traced exp() {
    return new Traced(tensor.exp());
  }

  @Override
  public Traced expm1() {
    return new Traced(tensor.expm1());
  }

  @Override
  public Traced log() {
    return new Traced(tensor.log());
  }

  @Override
  public Traced log1p() {
    return new Traced(tensor.log1p());
  }

  @Override
  public Traced sin() {
    return new Traced(tensor.sin());
  }

  @Override
  public Traced cos() {
    return new Traced(tensor.cos());
  }

  @Override
  public Traced atan() {
    return new Traced(tensor.atan());
  }

  @Override
  public Traced sigmoid() {
    return new Traced(tensor.sigmoid());
  }

  @Override
  public Traced floor() {
    return new Traced(tensor.floor());
  }

  @Override
  public Traced clamp(double min, double max) {
    return new Traced(tensor.clamp(min, max));
  }

  @Override
  public Traced cumulativeSum() {
    return new Traced(tensor.cumulativeSum(0));
  }

  @Override
  public Traced range(int n) {
    return new Traced(tensor.trace().range(n, tensor.type().dtype()));
  }

  @Override
  public Traced at(Traced index) {
    return new Traced(tensor.gather(0, index.tensor.cast(DType.INT64)));
  }

  @Override
  public Traced nearest(Traced values) {
    long n = tensor.dim(0);
    Tensor column = values.tensor.reshape(Shape.of(values.tensor.dim(0), 1));
    Tensor distance = tensor.reshape(Shape.of(1, n)).sub(column).abs();
    return new Traced(distance.argMin(1).cast(tensor.type().dtype()));
  }

  @Override
  public Traced last() {
    return new Traced(tensor.narrow(0, tensor.dim(0) - 1, 1));
  }

  @Override
  public Traced first() {
    return new Traced(tensor.narrow(0, 0, 1));
  }

  @Override
  public Traced reversed() {
    return new Traced(tensor.flip(0));
  }

  @Override
  public Traced self() {
    return this;
  }
}
