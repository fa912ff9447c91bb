package dev.tessera.models.optimizer;

import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Parameter;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.Tensor;
import dev.tessera.models.graph.Trace;
import java.util.List;
import java.util.stream.LongStream;

/**
 * A part of a group's flat vector while its update is traced. All vectors are float32 {@code [n]}
 * views, all other tensors float32 without dimensions.
 *
 * @param parameters to be changed
 * @param gradient of the loss, still to be divided by {@code divisor}
 * @param moments in the order of {@link Rule#moments}, to be changed
 * @param average moves by {@code approach} towards new parameters; null for none
 * @param approach null without an average
 * @param step number of this update, from 1
 * @param rate the learning rate
 * @param divisor of the gradient; null for none
 * @param skipped 1 where nothing is to change, otherwise 0; null for never
 * @param decay decoupled weight decay of this stretch, times the rate a step
 * @param matrices of the parameters of the stretch, if they are matrices; otherwise empty
 */
public record Stretch(
    Tensor parameters,
    Tensor gradient,
    List<Tensor> moments,
    Tensor average,
    Tensor approach,
    Tensor step,
    Tensor rate,
    Tensor divisor,
    Tensor skipped,
    double decay,
    List<Matrix> matrices) {

  /**
   * A matrix of the stretch, or the kernel {@code [out, ...]} of a convolution, or one of the maps
   * that a parameter stacks.
   *
   * @param offset of its first element in the stretch
   * @param rows one for each output
   * @param columns all that belongs to one output
   */
  public record Matrix(long offset, long rows, long columns) {

    /** The matrices of a parameter whose first element stands at {@code offset}, in order. */
    public static List<Matrix> of(Parameter parameter, long offset) {
      long rows = parameter.shape().dim(0) / parameter.parts();
      long columns = parameter.shape().size() / parameter.shape().dim(0);
      return LongStream.range(0, parameter.parts())
          .mapToObj(part -> new Matrix(offset + part * rows * columns, rows, columns))
          .toList();
    }

    public long size() {
      return rows * columns;
    }
  }

  Trace trace() {
    return parameters.trace();
  }

  /** Whether operators of our own are to be used. */
  boolean fuses() {
    return trace().fuses();
  }

  Tensor number(double value) {
    return trace().full(DType.FLOAT32, Shape.of(), value);
  }

  /** The gradient itself, with {@code l2} times the parameters added if they may decay. */
  Tensor gradient(double l2) {
    Tensor own = divisor == null ? gradient : gradient.div(divisor);
    return l2 == 0 || matrices.isEmpty() ? own : own.add(parameters.mul(l2));
  }

  /** Writes {@code value} to {@code buffer}, unless the step is skipped. */
  Tensor set(Tensor buffer, Tensor value) {
    if (skipped == null) {
      return buffer.copyFrom(value);
    }
    return buffer.copyFrom(skipped.greater(number(0)).where(buffer, value));
  }

  /** Decays the parameters, takes {@code direction} times the rate from them, writes them. */
  Tensor descend(Tensor direction) {
    return descend(parameters, direction);
  }

  /** As {@link #descend(Tensor)}, for the parameters {@code [n]} of one matrix. */
  Tensor descend(Matrix matrix, Tensor direction) {
    return descend(part(parameters, matrix), direction);
  }

  private Tensor descend(Tensor changed, Tensor direction) {
    Tensor kept = decay == 0 ? changed : changed.mul(number(1).sub(rate.mul(decay)));
    return set(changed, kept.sub(direction.mul(rate)));
  }

  /** {@code 1 - beta^step}, by which a moment that began at zero is too small. */
  Tensor correction(double beta) {
    return beta == 0 ? number(1) : step.mul(Math.log(beta)).expm1().neg();
  }

  static Tensor part(Tensor vector, Matrix matrix) {
    return vector.narrow(0, matrix.offset(), matrix.size());
  }
}
