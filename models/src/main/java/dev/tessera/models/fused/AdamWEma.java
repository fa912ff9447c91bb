package dev.tessera.models.fused;

import dev.tessera.models.graph.CustomOperator;
import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.ShapeException;
import dev.tessera.models.graph.Tensor;
import dev.tessera.models.graph.TensorType;
import dev.tessera.models.graph.Trace;
import java.util.List;
import java.util.Set;

/**
 * One step of AdamW and of the parameters' average in one pass: {@code p, grad, exp_avg,
 * exp_avg_sq, ema or [0], step, rate, approach, divisor, skipped}, the last five float32 scalars.
 * Where {@code skipped} is 1 nothing changes.
 *
 * @param averaged whether there is an average, which moves by {@code approach} towards the new
 *     parameters
 */
public record AdamWEma(double beta1, double beta2, double eps, double weightDecay, boolean averaged)
    implements CustomOperator {
  @Override
  public String name() {
    return "adamw_ema";
  }

  @Override
  public List<Object> constants() {
    return List.of(beta1, beta2, eps, weightDecay);
  }

  /**
   * What a step takes: float32 vectors {@code [n]}, then float32 scalars.
   *
   * @param parameters change, and so do both moments and the average
   * @param gradient stays as it is
   * @param average null for none
   * @param step number of this step, from 1
   * @param approach null without an average
   * @param divisor of the gradient; null for none
   * @param skipped 1 where nothing is to change, not even for gradients that are no numbers,
   *     otherwise 0; null for never
   */
  public record Step(
      Tensor parameters,
      Tensor gradient,
      Tensor firstMoment,
      Tensor secondMoment,
      Tensor average,
      Tensor step,
      Tensor rate,
      Tensor approach,
      Tensor divisor,
      Tensor skipped) {}

  /** Traces one step; the result is the parameters. */
  public Tensor apply(Step s) {
    Trace trace = s.parameters.trace();
    Tensor approach = orNumber(trace, s.average == null ? null : s.approach, 0);
    Tensor divisor = orNumber(trace, s.divisor, 1);
    Tensor skipped = orNumber(trace, s.skipped, 0);
    return trace
        .call(
            this,
            s.parameters,
            s.gradient,
            s.firstMoment,
            s.secondMoment,
            averaged ? s.average : Operands.none(trace, DType.FLOAT32),
            s.step,
            s.rate,
            approach,
            divisor,
            skipped)
        .get(0);
  }

  private static Tensor orNumber(Trace trace, Tensor scalarOrNull, double value) {
    return scalarOrNull != null ? scalarOrNull : trace.full(DType.FLOAT32, Shape.of(), value);
  }

  @Override
  public List<TensorType> infer(List<TensorType> inputs) {
    TensorType first = inputs.get(0);
    for (int i = 0; i < (averaged ? 5 : 4); i++) {
      if (first.dtype() != DType.FLOAT32 || !inputs.get(i).equals(first)) {
        throw new ShapeException(
            name()
                + " expects float32 vectors of one size, got "
                + first
                + " and "
                + inputs.get(i));
      }
    }
    return List.of(first);
  }

  @Override
  public double flops(List<TensorType> inputs, List<TensorType> outputs) {
    return (averaged ? 15.0 : 12.0) * inputs.get(0).shape().size();
  }

  @Override
  public Set<Integer> mutates() {
    return averaged ? Set.of(0, 2, 3, 4) : Set.of(0, 2, 3);
  }
}
