package dev.tessera.models.graph;

import java.util.ArrayList;
import java.util.List;

/**
 * One step of AdamW (Loshchilov and Hutter 2019) by libtorch's fused operator.
 *
 * @param beta1 decay of the first moment, a step
 * @param beta2 decay of the second moment, a step
 * @param eps added to the root of the corrected second moment
 * @param weightDecay times the rate a step
 */
public record FusedAdamW(double beta1, double beta2, double eps, double weightDecay) {

  /**
   * What a step takes: vectors {@code [n]} of one type, then scalars.
   *
   * @param parameters change, and so do both moments
   * @param step number of this step, from 1
   * @param divisor of the gradient, which is divided in place: how clipping costs no pass of its
   *     own over memory; null for none
   * @param skip 1 where nothing is to change, not even for gradients that are no numbers, otherwise
   *     0; null for never
   */
  public record Operands(
      Tensor parameters,
      Tensor gradient,
      Tensor firstMoment,
      Tensor secondMoment,
      Tensor step,
      Tensor learningRate,
      Tensor divisor,
      Tensor skip) {}

  /** Traces one step; the result is the parameters. */
  public Tensor apply(Operands o) {
    List<Tensor> all =
        new ArrayList<>(
            List.of(
                o.parameters, o.gradient, o.firstMoment, o.secondMoment, o.step, o.learningRate));
    if (o.divisor != null) {
      all.add(o.divisor);
    }
    if (o.skip != null) {
      all.add(o.skip);
    }
    InPlace.AdamW step =
        new InPlace.AdamW(beta1, beta2, eps, weightDecay, o.divisor != null, o.skip != null);
    return o.parameters.trace().apply(step, all.toArray(Tensor[]::new));
  }
}
