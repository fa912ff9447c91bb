package dev.tessera.models.optimizer;

import dev.tessera.models.fused.AdamWEma;
import dev.tessera.models.graph.FusedAdamW;
import dev.tessera.models.graph.Target;
import dev.tessera.models.graph.Tensor;
import java.util.List;

/**
 * Adam (Kingma and Ba 2015) with decoupled decay (Loshchilov and Hutter 2019), by libtorch's fused
 * operator on CPUs and by one operator of our own on GPUs, which moves the average too.
 *
 * @param beta1 decay of the first moment, a step
 * @param beta2 decay of the second moment, a step
 * @param eps added to the root of the corrected second moment
 */
public record AdamW(double beta1, double beta2, double eps) implements Rule {

  public AdamW {
    Rule.requireDecay("beta1", beta1);
    Rule.requireDecay("beta2", beta2);
    Rule.requirePositive("eps", eps);
  }

  public static AdamW defaults() {
    return new AdamW(0.9, 0.99, 1e-8);
  }

  @Override
  public List<String> moments() {
    return List.of("exp_avg", "exp_avg_sq");
  }

  @Override
  public boolean averages(Target target) {
    return target == Target.GPU;
  }

  @Override
  public boolean elementwise() {
    return true;
  }

  @Override
  public List<Tensor> step(Stretch s) {
    Tensor first = s.moments().get(0);
    Tensor second = s.moments().get(1);
    if (s.fuses()) {
      AdamWEma fused = new AdamWEma(beta1, beta2, eps, s.decay(), s.average() != null);
      return List.of(
          fused.apply(
              new AdamWEma.Step(
                  s.parameters(),
                  s.gradient(),
                  first,
                  second,
                  s.average(),
                  s.step(),
                  s.rate(),
                  s.approach(),
                  s.divisor(),
                  s.skipped())));
    }
    return List.of(
        new FusedAdamW(beta1, beta2, eps, s.decay())
            .apply(
                new FusedAdamW.Operands(
                    s.parameters(),
                    s.gradient(),
                    first,
                    second,
                    s.step(),
                    s.rate(),
                    s.divisor(),
                    s.skipped())));
  }
}
