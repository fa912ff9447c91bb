package dev.tessera.models.graph;

/** What a {@link Tensor} does element by element; operands broadcast and their dtypes promote. */
public sealed interface Elementwise permits Tensor {

  Trace trace();

  private Tensor self() {
    return (Tensor) this;
  }

  default Tensor add(Tensor other) {
    return trace().apply(Pointwise.Binary.ADD, self(), other);
  }

  default Tensor sub(Tensor other) {
    return trace().apply(Pointwise.Binary.SUB, self(), other);
  }

  default Tensor mul(Tensor other) {
    return trace().apply(Pointwise.Binary.MUL, self(), other);
  }

  /** {@code this + x y} in one pass over memory. */
  default Tensor addProduct(Tensor x, Tensor y) {
    return trace().apply(new Pointwise.AddProduct(), self(), x, y);
  }

  default Tensor div(Tensor other) {
    return trace().apply(Pointwise.Binary.DIV, self(), other);
  }

  default Tensor maximum(Tensor other) {
    return trace().apply(Pointwise.Binary.MAXIMUM, self(), other);
  }

  default Tensor minimum(Tensor other) {
    return trace().apply(Pointwise.Binary.MINIMUM, self(), other);
  }

  default Tensor add(double value) {
    return trace().apply(new Pointwise.WithScalar(Pointwise.WithScalar.Kind.ADD, value), self());
  }

  default Tensor mul(double value) {
    return trace().apply(new Pointwise.WithScalar(Pointwise.WithScalar.Kind.MUL, value), self());
  }

  default Tensor pow(double exponent) {
    return trace().apply(new Pointwise.WithScalar(Pointwise.WithScalar.Kind.POW, exponent), self());
  }

  default Tensor neg() {
    return trace().apply(Pointwise.Unary.NEG, self());
  }

  default Tensor exp() {
    return trace().apply(Pointwise.Unary.EXP, self());
  }

  /** {@code exp(x) - 1}, exact near 0. */
  default Tensor expm1() {
    return trace().apply(Pointwise.Unary.EXPM1, self());
  }

  default Tensor log() {
    return trace().apply(Pointwise.Unary.LOG, self());
  }

  /** {@code log(1 + x)}, exact near 0. */
  default Tensor log1p() {
    return trace().apply(Pointwise.Unary.LOG1P, self());
  }

  default Tensor sqrt() {
    return trace().apply(Pointwise.Unary.SQRT, self());
  }

  /** {@code 1 / sqrt(x)}. */
  default Tensor rsqrt() {
    return trace().apply(Pointwise.Unary.RSQRT, self());
  }

  default Tensor square() {
    return trace().apply(Pointwise.Unary.SQUARE, self());
  }

  default Tensor reciprocal() {
    return trace().apply(Pointwise.Unary.RECIPROCAL, self());
  }

  default Tensor abs() {
    return trace().apply(Pointwise.Unary.ABS, self());
  }

  default Tensor sin() {
    return trace().apply(Pointwise.Unary.SIN, self());
  }

  default Tensor cos() {
    return trace().apply(Pointwise.Unary.COS, self());
  }

  default Tensor atan() {
    return trace().apply(Pointwise.Unary.ATAN, self());
  }

  default Tensor tanh() {
    return trace().apply(Pointwise.Unary.TANH, self());
  }

  default Tensor sigmoid() {
    return trace().apply(Pointwise.Unary.SIGMOID, self());
  }

  /** {@code x sigmoid(x)}. */
  default Tensor silu() {
    return trace().apply(Pointwise.Unary.SILU, self());
  }

  /** The tanh form of GELU. */
  default Tensor gelu() {
    return trace().apply(Pointwise.Unary.GELU, self());
  }

  default Tensor relu() {
    return trace().apply(Pointwise.Unary.RELU, self());
  }

  /** {@code log(1 + exp(x))}. */
  default Tensor softplus() {
    return trace().apply(Pointwise.Unary.SOFTPLUS, self());
  }

  default Tensor sign() {
    return trace().apply(Pointwise.Unary.SIGN, self());
  }

  default Tensor floor() {
    return trace().apply(Pointwise.Unary.FLOOR, self());
  }

  /** To the nearest integer, halves to even. */
  default Tensor round() {
    return trace().apply(Pointwise.Unary.ROUND, self());
  }

  default Tensor leakyRelu(double slope) {
    return trace().apply(new Pointwise.LeakyRelu(slope), self());
  }

  default Tensor clamp(double min, double max) {
    return trace().apply(new Pointwise.Clamp(min, max), self());
  }

  default Tensor less(Tensor other) {
    return trace().apply(Pointwise.Compare.LESS, self(), other);
  }

  default Tensor lessOrEqual(Tensor other) {
    return trace().apply(Pointwise.Compare.LESS_OR_EQUAL, self(), other);
  }

  default Tensor greater(Tensor other) {
    return trace().apply(Pointwise.Compare.GREATER, self(), other);
  }

  default Tensor equalTo(Tensor other) {
    return trace().apply(Pointwise.Compare.EQUAL, self(), other);
  }

  /** {@code this ? x : y}; this is bool. */
  default Tensor where(Tensor x, Tensor y) {
    return trace().apply(new Pointwise.Where(), self(), x, y);
  }
}
