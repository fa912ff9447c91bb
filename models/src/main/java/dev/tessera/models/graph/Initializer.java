package dev.tessera.models.graph;

import java.util.SplittableRandom;

/** First values of a parameter, a pure function of a seed. */
public sealed interface Initializer {

  /** Values in row-major order. */
  float[] values(Shape shape, long seed);

  /** Every element is {@code value}. */
  record Constant(double value) implements Initializer {
    @Override
    public float[] values(Shape shape, long seed) {
      float[] values = new float[Math.toIntExact(shape.size())];
      java.util.Arrays.fill(values, (float) value);
      return values;
    }
  }

  /** Uniform on {@code (-bound, bound)}. */
  record Uniform(double bound) implements Initializer {
    @Override
    public float[] values(Shape shape, long seed) {
      SplittableRandom random = new SplittableRandom(seed);
      float[] values = new float[Math.toIntExact(shape.size())];
      for (int i = 0; i < values.length; i++) {
        values[i] = (float) (bound * (2 * random.nextDouble() - 1));
      }
      return values;
    }
  }

  /** Normal with mean 0. */
  record Normal(double standardDeviation) implements Initializer {
    @Override
    public float[] values(Shape shape, long seed) {
      SplittableRandom random = new SplittableRandom(seed);
      float[] values = new float[Math.toIntExact(shape.size())];
      for (int i = 0; i < values.length; i += 2) {
        // Box and Muller by StrictMath: the same bits on every JVM.
        double r = StrictMath.sqrt(-2 * StrictMath.log(1 - random.nextDouble()));
        double angle = 2 * Math.PI * random.nextDouble();
        values[i] = (float) (standardDeviation * r * StrictMath.cos(angle));
        if (i + 1 < values.length) {
          values[i + 1] = (float) (standardDeviation * r * StrictMath.sin(angle));
        }
      }
      return values;
    }
  }

  /** Normal, then each row {@code [i, ...]} scaled to root mean square 1. */
  record UnitRows() implements Initializer {
    @Override
    public float[] values(Shape shape, long seed) {
      float[] values = new Normal(1).values(shape, seed);
      int row = values.length / Math.toIntExact(shape.dim(0));
      for (int from = 0; from < values.length; from += row) {
        double squares = 0;
        for (int i = from; i < from + row; i++) {
          squares += (double) values[i] * values[i];
        }
        double scale = 1 / Math.sqrt(squares / row);
        for (int i = from; i < from + row; i++) {
          values[i] = (float) (scale * values[i]);
        }
      }
      return values;
    }
  }

  /** Given values, in row-major order. */
  @SuppressWarnings("ArrayRecordComponent") // Never compared or hashed.
  record Values(float[] values) implements Initializer {
    @Override
    public float[] values(Shape shape, long seed) {
      if (values.length != shape.size()) {
        throw new IllegalArgumentException(
            "values: " + values.length + " (expected: " + shape.size() + ")");
      }
      return values.clone();
    }
  }

  static Initializer zeros() {
    return new Constant(0);
  }

  static Initializer ones() {
    return new Constant(1);
  }

  /** PyTorch's default of linear and convolution layers: uniform within {@code 1 / sqrt(fanIn)}. */
  static Initializer fanIn(long fanIn) {
    return new Uniform(1 / Math.sqrt((double) fanIn));
  }

  /** Glorot and Bengio 2010: uniform within {@code sqrt(6 / (fanIn + fanOut))}. */
  static Initializer xavier(long fanIn, long fanOut) {
    return new Uniform(Math.sqrt(6.0 / (fanIn + fanOut)));
  }

  /** As {@link #xavier}, of a convolution with square kernels. */
  static Initializer xavier(long in, long out, int kernel, double scale) {
    return new Uniform(scale * Math.sqrt(6.0 / ((in + out) * kernel * kernel)));
  }
}
