package dev.tessera.models.diffusion.law;

import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.Tensor;
import java.util.List;

/**
 * Independent elements, each of a mixture of Gaussians in one dimension.
 *
 * @param weights of the components, with sum 1
 * @param means of the components
 * @param deviations of the components; 0 for points
 */
public record Mixture(List<Double> weights, List<Double> means, List<Double> deviations)
    implements Law {

  public Mixture {
    weights = List.copyOf(weights);
    means = List.copyOf(means);
    deviations = List.copyOf(deviations);
    if (weights.isEmpty()
        || weights.size() != means.size()
        || means.size() != deviations.size()
        || Math.abs(weights.stream().mapToDouble(w -> w).sum() - 1) > 1e-9
        || weights.stream().anyMatch(w -> !(w > 0))) {
      throw new IllegalArgumentException(
          "weights: " + weights + " (expected: positive, with sum 1, one for each mean)");
    }
    if (deviations.stream().anyMatch(d -> !(d >= 0))) {
      throw new IllegalArgumentException("deviations: " + deviations + " (expected: 0 or more)");
    }
  }

  /** N(mean, deviation^2). */
  public static Mixture gaussian(double mean, double deviation) {
    return new Mixture(List.of(1.0), List.of(mean), List.of(deviation));
  }

  /** -1 and 1 alike. */
  public static Mixture twoPoints() {
    return new Mixture(List.of(0.5, 0.5), List.of(-1.0, 1.0), List.of(0.0, 0.0));
  }

  /** Three overlapping bells, the law of the tests of convergence. */
  public static Mixture threeBells() {
    return new Mixture(List.of(.3, .5, .2), List.of(-1.0, .2, 1.0), List.of(.2, .3, .1));
  }

  /** {@code sum_k p_k (s_k^2 x + sigma^2 mu_k) / (s_k^2 + sigma^2)}, p_k the posterior of k. */
  @Override
  public Tensor denoised(Tensor x, Tensor sigma) {
    Tensor variance = sigma.square();
    if (weights.size() == 1) {
      return component(x, variance, 0);
    }
    Tensor[] logs = new Tensor[weights.size()];
    Tensor greatest = null;
    for (int k = 0; k < logs.length; k++) {
      Tensor total = variance.add(deviations.get(k) * deviations.get(k));
      Tensor square = x.add(-means.get(k)).square();
      logs[k] = square.div(total).add(total.log()).mul(-0.5).add(Math.log(weights.get(k)));
      greatest = greatest == null ? logs[k] : greatest.maximum(logs[k]);
    }
    Tensor sum = x.trace().full(DType.FLOAT64, Shape.of(), 0);
    Tensor mean = sum;
    for (int k = 0; k < logs.length; k++) {
      Tensor share = logs[k].sub(greatest).exp();
      sum = sum.add(share);
      mean = mean.add(component(x, variance, k).mul(share));
    }
    return mean.div(sum);
  }

  private Tensor component(Tensor x, Tensor variance, int k) {
    double own = deviations.get(k) * deviations.get(k);
    return x.mul(own).add(variance.mul(means.get(k))).div(variance.add(own));
  }

  @Override
  public double mean() {
    double mean = 0;
    for (int k = 0; k < weights.size(); k++) {
      mean += weights.get(k) * means.get(k);
    }
    return mean;
  }

  @Override
  public double deviation() {
    double square = 0;
    for (int k = 0; k < weights.size(); k++) {
      square += weights.get(k) * (Math.pow(means.get(k), 2) + Math.pow(deviations.get(k), 2));
    }
    return Math.sqrt(square - mean() * mean());
  }

  /** Natural logarithm of the density of one element that has noise of {@code sigma} on it. */
  public double logDensity(double x, double sigma) {
    double sum = 0;
    for (int k = 0; k < weights.size(); k++) {
      double variance = deviations.get(k) * deviations.get(k) + sigma * sigma;
      double square = Math.pow(x - means.get(k), 2) / variance;
      sum += weights.get(k) * Math.exp(-square / 2) / Math.sqrt(2 * Math.PI * variance);
    }
    return Math.log(sum);
  }
}
