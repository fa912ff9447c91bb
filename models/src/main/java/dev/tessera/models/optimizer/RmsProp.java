package dev.tessera.models.optimizer;

import dev.tessera.models.graph.Tensor;
import java.util.List;

/**
 * RMSprop (Hinton 2012) as in PyTorch: {@code v = alpha v + (1 - alpha) g^2}, a step along {@code g
 * / (sqrt(v) + eps)} or its momentum. Arjovsky et al. 2017 train Wasserstein critics with it.
 *
 * @param alpha decay of the mean square, a step
 * @param eps added to the mean square's root
 * @param momentum 0 for none
 * @param l2 times a matrix is added to its gradient
 */
public record RmsProp(double alpha, double eps, double momentum, double l2) implements Rule {

  public RmsProp {
    Rule.requireDecay("alpha", alpha);
    Rule.requirePositive("eps", eps);
    Rule.requireDecay("momentum", momentum);
    Rule.requireNotNegative("l2", l2);
  }

  public static RmsProp defaults() {
    return new RmsProp(0.99, 1e-8, 0, 0);
  }

  @Override
  public List<String> moments() {
    return momentum == 0 ? List.of("square_avg") : List.of("square_avg", "momentum_buffer");
  }

  @Override
  public boolean elementwise() {
    return l2 == 0;
  }

  @Override
  public List<Tensor> step(Stretch s) {
    Tensor g = s.gradient(l2);
    Tensor mean = s.moments().get(0);
    Tensor square = mean.mul(alpha).add(g.square().mul(1 - alpha));
    Tensor direction = g.div(square.sqrt().add(eps));
    if (momentum == 0) {
      return List.of(s.descend(direction), s.set(mean, square));
    }
    Tensor buffer = s.moments().get(1);
    Tensor velocity = buffer.mul(momentum).add(direction);
    return List.of(s.descend(velocity), s.set(mean, square), s.set(buffer, velocity));
  }
}
