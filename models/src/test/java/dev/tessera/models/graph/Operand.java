package dev.tessera.models.graph;

import java.util.SplittableRandom;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * An argument of an operation under test: its type, how it lies in memory and where its values come
 * from. Values are drawn in float64 and cast by the program.
 */
record Operand(TensorType type, Storage storage, Values values, boolean differentiable) {

  /** How the operand views the argument that holds its elements. */
  enum Storage {
    ROW_MAJOR,
    /** The dimensions in reverse order: strides grow from the first. */
    PERMUTED,
    /** A part of the last dimension: elements do not follow one another. */
    NARROWED,
    /** The argument itself, which the operation may change. */
    BUFFER
  }

  /** Draws {@code n} elements. */
  interface Values {
    double[] draw(int n, SplittableRandom random);
  }

  static Values between(double low, double high) {
    return (n, random) -> random.doubles(n, low, high).toArray();
  }

  /** Between -2 and 2, at least 0.1 from each kink of the operation. */
  static Values awayFrom(double... kinks) {
    return (n, random) ->
        random
            .doubles(-2, 2)
            .filter(
                v -> IntStream.range(0, kinks.length).allMatch(i -> Math.abs(v - kinks[i]) > .1))
            .limit(n)
            .toArray();
  }

  /** All different, at least 0.1 apart. */
  static Values apart(double offset) {
    return (n, random) -> {
      double[] values =
          IntStream.range(0, n).mapToDouble(i -> offset + 0.2 * (i - n / 2)).toArray();
      for (int i = n - 1; i > 0; i--) {
        int j = random.nextInt(i + 1);
        double swap = values[i];
        values[i] = values[j];
        values[j] = swap;
      }
      return values;
    };
  }

  /** Integers from 0 to {@code bound - 1}. */
  static Values below(int bound) {
    return (n, random) -> random.ints(n, 0, bound).asDoubleStream().toArray();
  }

  static Operand of(Values values, long... dims) {
    return new Operand(
        new TensorType(DType.FLOAT64, Shape.of(dims)), Storage.ROW_MAJOR, values, true);
  }

  static Operand of(long... dims) {
    return of(between(-2, 2), dims);
  }

  static Operand indices(int bound, long... dims) {
    return new Operand(
        new TensorType(DType.INT64, Shape.of(dims)), Storage.ROW_MAJOR, below(bound), false);
  }

  static Operand truth(long... dims) {
    return new Operand(
        new TensorType(DType.BOOL, Shape.of(dims)), Storage.ROW_MAJOR, below(2), false);
  }

  Operand permuted() {
    return new Operand(type, Storage.PERMUTED, values, differentiable);
  }

  Operand narrowed() {
    return new Operand(type, Storage.NARROWED, values, differentiable);
  }

  Operand buffer() {
    return new Operand(type, Storage.BUFFER, values, false);
  }

  Operand constant() {
    return new Operand(type, storage, values, false);
  }

  Operand as(DType dtype) {
    return new Operand(new TensorType(dtype, type.shape()), storage, values, differentiable);
  }

  /** Type of the argument that holds the elements. */
  TensorType argument() {
    Shape shape = type.shape();
    DType dtype = storage == Storage.BUFFER ? type.dtype() : DType.FLOAT64;
    return new TensorType(
        dtype,
        switch (storage) {
          case ROW_MAJOR, BUFFER -> shape;
          case PERMUTED ->
              Shape.of(
                  IntStream.rangeClosed(1, shape.rank()).mapToLong(i -> shape.dim(-i)).toArray());
          case NARROWED -> shape.with(-1, shape.dim(-1) + 2);
        });
  }

  /** The operand as a view of {@code argument}. */
  Tensor view(Tensor argument) {
    Function<Tensor, Tensor> layout =
        switch (storage) {
          case ROW_MAJOR, BUFFER -> Function.identity();
          case PERMUTED ->
              t -> {
                int rank = type.shape().rank();
                return t.permute(IntStream.rangeClosed(1, rank).map(i -> rank - i).toArray());
              };
          case NARROWED -> t -> t.narrow(-1, 1, type.shape().dim(-1));
        };
    return layout.apply(argument).cast(type.dtype());
  }
}
