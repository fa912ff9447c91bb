package dev.tessera.models.fused;

import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.ShapeException;
import dev.tessera.models.graph.Tensor;
import dev.tessera.models.graph.TensorType;
import dev.tessera.models.graph.Trace;

/** What several operators ask of their operands, and how they are told of one that is not there. */
final class Operands {

  private Operands() {}

  /** A tensor that stands for none. */
  static Tensor none(Trace trace, DType dtype) {
    return trace.full(dtype, Shape.of(0), 0);
  }

  /** A gradient, of a result that may be left unused. */
  static Tensor orZeros(Tensor gradientOrNull, Tensor result) {
    return gradientOrNull != null
        ? gradientOrNull
        : result.trace().full(result.type().dtype(), result.shape(), 0);
  }

  /** Refuses what is no float32 {@code [N, tokens, width]}. */
  static TensorType tokens(String operator, TensorType x) {
    if (x.shape().rank() != 3 || x.dtype() != DType.FLOAT32) {
      throw new ShapeException(operator + " expects float32 [N, tokens, width], got " + x);
    }
    return x;
  }

  /** Refuses what is not {@code [N, width]} beside tokens {@code [N, tokens, width]}. */
  static void perPicture(String operator, String name, TensorType tokens, TensorType operand) {
    operand.expect(operator, name, Shape.of(tokens.shape().dim(0), tokens.shape().dim(2)));
  }

  /** The statistics of tokens, {@code [N, tokens]}. */
  static TensorType perToken(TensorType tokens) {
    return new TensorType(DType.FLOAT32, Shape.of(tokens.shape().dim(0), tokens.shape().dim(1)));
  }

  /** {@code [N, width]} as {@code [N, 1, width]}. */
  static Tensor overTokens(Tensor perPicture) {
    return perPicture.reshape(Shape.of(perPicture.dim(0), 1, perPicture.dim(1)));
  }
}
