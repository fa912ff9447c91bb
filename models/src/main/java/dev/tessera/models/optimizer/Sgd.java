package dev.tessera.models.optimizer;

import dev.tessera.models.graph.Tensor;
import java.util.List;

/**
 * Stochastic gradient descent with momentum as in PyTorch's {@code SGD}: {@code b = momentum b +
 * g}, then a step along b, or along {@code g + momentum b} (Sutskever et al. 2013).
 *
 * @param momentum 0 for none; nothing is kept then
 * @param nesterov whether the step looks ahead
 * @param l2 times a matrix is added to its gradient
 */
public record Sgd(double momentum, boolean nesterov, double l2) implements Rule {

  public Sgd {
    Rule.requireDecay("momentum", momentum);
    Rule.requireNotNegative("l2", l2);
    if (nesterov && momentum == 0) {
      throw new IllegalArgumentException("nesterov: true (expected: false without momentum)");
    }
  }

  public static Sgd defaults() {
    return new Sgd(0.9, false, 0);
  }

  @Override
  public List<String> moments() {
    return momentum == 0 ? List.of() : List.of("momentum_buffer");
  }

  @Override
  public boolean elementwise() {
    return l2 == 0;
  }

  @Override
  public List<Tensor> step(Stretch s) {
    Tensor g = s.gradient(l2);
    if (momentum == 0) {
      return List.of(s.descend(g));
    }
    Tensor buffer = s.moments().get(0);
    Tensor velocity = buffer.mul(momentum).add(g);
    Tensor direction = nesterov ? g.add(velocity.mul(momentum)) : velocity;
    return List.of(s.descend(direction), s.set(buffer, velocity));
  }
}
