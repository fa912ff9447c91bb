package dev.tessera.models.optimizer;

import dev.tessera.models.graph.Target;
import dev.tessera.models.graph.Tensor;
import java.util.List;

/**
 * Adam (Kingma and Ba 2015) as in PyTorch's {@code Adam}: its decay is a part of the gradient.
 *
 * @param beta1 decay of the first moment, a step
 * @param beta2 decay of the second moment, a step
 * @param eps added to the root of the corrected second moment
 * @param l2 times a matrix is added to its gradient
 */
public record Adam(double beta1, double beta2, double eps, double l2) implements Rule {

  public Adam {
    new AdamW(beta1, beta2, eps);
    Rule.requireNotNegative("l2", l2);
  }

  public static Adam defaults() {
    return new Adam(0.9, 0.999, 1e-8, 0);
  }

  private AdamW decoupled() {
    return new AdamW(beta1, beta2, eps);
  }

  @Override
  public List<String> moments() {
    return decoupled().moments();
  }

  @Override
  public boolean averages(Target target) {
    return l2 == 0 && decoupled().averages(target);
  }

  @Override
  public boolean elementwise() {
    return l2 == 0;
  }

  @Override
  public List<Tensor> step(Stretch s) {
    if (l2 == 0) {
      return decoupled().step(s);
    }
    Tensor g = s.gradient(l2);
    Tensor first = s.moments().get(0);
    Tensor second = s.moments().get(1);
    Tensor mean = first.mul(beta1).add(g.mul(1 - beta1));
    Tensor square = second.mul(beta2).add(g.square().mul(1 - beta2));
    Tensor size = square.div(s.correction(beta2)).sqrt().add(eps);
    Tensor direction = mean.div(s.correction(beta1)).div(size);
    return List.of(s.set(first, mean), s.set(second, square), s.descend(direction));
  }
}
