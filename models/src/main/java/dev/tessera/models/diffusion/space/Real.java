package dev.tessera.models.diffusion.space;

/**
 * A vector of real numbers, so that a formula is written once: {@link Numbers} are doubles of the
 * host, {@link Traced} is a tensor of a program. Vectors of one element broadcast.
 *
 * @param <R> the kind itself; kinds do not mix
 */
public sealed interface Real<R extends Real<R>> permits Numbers, Traced {

  R add(R other);

  R sub(R other);

  R mul(R other);

  R div(R other);

  R add(double value);

  R mul(double value);

  R sqrt();

  R exp();

  /** {@code exp(x) - 1}, exact near 0. */
  R expm1();

  R log();

  /** {@code log(1 + x)}, exact near 0. */
  R log1p();

  R sin();

  R cos();

  R atan();

  R floor();

  R clamp(double min, double max);

  /** Sums of the first element, the first two, ... */
  R cumulativeSum();

  /** {@code 0, 1, ..., n - 1}. */
  R range(int n);

  /** Elements of this table at whole numbers {@code index}. */
  R at(R index);

  /** For each element of {@code values} the number of the element of this table nearest to it. */
  R nearest(R values);

  /** The last element. */
  R last();

  /** The first element. */
  default R first() {
    return at(range(1));
  }

  /** The same elements in the opposite order. */
  R reversed();

  default R neg() {
    return mul(-1);
  }

  default R square() {
    return mul(self());
  }

  default R reciprocal() {
    return div(square());
  }

  /** This. */
  R self();

  default R minimum(double value) {
    return clamp(Double.NEGATIVE_INFINITY, value);
  }

  default R maximum(double value) {
    return clamp(value, Double.POSITIVE_INFINITY);
  }

  default R sigmoid() {
    return neg().exp().add(1).reciprocal();
  }
}
