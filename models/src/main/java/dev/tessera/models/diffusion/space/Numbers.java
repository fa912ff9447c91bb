package dev.tessera.models.diffusion.space;

import java.util.Arrays;
import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.IntStream;

/** Doubles of the host. */
public final class Numbers implements Real<Numbers> {

  private final double[] values;

  private Numbers(double[] values) {
    this.values = values;
  }

  public static Numbers of(double... values) {
    return new Numbers(values.clone());
  }

  public double[] values() {
    return values.clone();
  }

  /** The only element. */
  public double value() {
    if (values.length != 1) {
      throw new IllegalStateException("value of " + values.length + " numbers");
    }
    return values[0];
  }

  private Numbers map(DoubleUnaryOperator function) {
    return new Numbers(Arrays.stream(values).map(function).toArray());
  }

  private Numbers zip(Numbers other, DoubleBinaryOperator function) {
    int n = Math.max(values.length, other.values.length);
    if ((values.length != n && values.length != 1)
        || (other.values.length != n && other.values.length != 1)) {
      throw new IllegalArgumentException(values.length + " numbers and " + other.values.length);
    }
    return new Numbers(
        IntStream.range(0, n)
            .mapToDouble(i -> function.applyAsDouble(element(i), other.element(i)))
            .toArray());
  }

  private double element(int i) {
    return values[values.length == 1 ? 0 : i];
  }

  @Override
  public Numbers add(Numbers other) {
    return zip(other, Double::sum);
  }

  @Override
  public Numbers sub(Numbers other) {
    return zip(other, (a, b) -> a - b);
  }

  @Override
  public Numbers mul(Numbers other) {
    return zip(other, (a, b) -> a * b);
  }

  @Override
  public Numbers div(Numbers other) {
    return zip(other, (a, b) -> a / b);
  }

  @Override
  public Numbers add(double value) {
    return map(x -> x + value);
  }

  @Override
  public Numbers mul(double value) {
    return map(x -> x * value);
  }

  @Override
  public Numbers reciprocal() {
    return map(x -> 1 / x);
  }

  @Override
  public Numbers sqrt() {
    return map(Math::sqrt);
  }

  @Override
  public Numbers exp() {
    return map(Math::exp);
  }

  @Override
  public Numbers expm1() {
    return map(Math::expm1);
  }

  @Override
  public Numbers log() {
    return map(Math::log);
  }

  @Override
  public Numbers log1p() {
    return map(Math::log1p);
  }

  @Override
  public Numbers sin() {
    return map(Math::sin);
  }

  @Override
  public Numbers cos() {
    return map(Math::cos);
  }

  @Override
  public Numbers atan() {
    return map(Math::atan);
  }

  @Override
  public Numbers floor() {
    return map(Math::floor);
  }

  @Override
  public Numbers clamp(double min, double max) {
    return map(x -> Math.min(Math.max(x, min), max));
  }

  @Override
  public Numbers cumulativeSum() {
    double[] sums = values.clone();
    Arrays.parallelPrefix(sums, Double::sum);
    return new Numbers(sums);
  }

  @Override
  public Numbers range(int n) {
    return new Numbers(IntStream.range(0, n).asDoubleStream().toArray());
  }

  @Override
  public Numbers at(Numbers index) {
    return index.map(i -> values[(int) i]);
  }

  @Override
  public Numbers nearest(Numbers sought) {
    return sought.map(this::nearest);
  }

  private int nearest(double value) {
    int nearest = 0;
    for (int i = 1; i < values.length; i++) {
      if (Math.abs(values[i] - value) < Math.abs(values[nearest] - value)) {
        nearest = i;
      }
    }
    return nearest;
  }

  @Override
  public Numbers last() {
    return of(values[values.length - 1]);
  }

  @Override
  public Numbers reversed() {
    int n = values.length;
    return new Numbers(IntStream.range(0, n).mapToDouble(i -> values[n - 1 - i]).toArray());
  }

  @Override
  public Numbers self() {
    return this;
  }

  @Override
  public String toString() {
    return Arrays.toString(values);
  }
}
