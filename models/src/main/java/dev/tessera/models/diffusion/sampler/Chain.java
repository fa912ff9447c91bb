package dev.tessera.models.diffusion.sampler;

import dev.tessera.models.graph.Shape;
import dev.tessera.models.runtime.NativeTensor;
import dev.tessera.models.runtime.TorchRuntime;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What samplers of one shape share: the programs of their updates, loaded once, the denoiser, and
 * the noise of the sample at hand.
 */
public final class Chain implements AutoCloseable {

  private final TorchRuntime runtime;
  private final Shape shape;
  private final Map<Integer, LinearCombination> combinations = new HashMap<>();
  private LearnedVariance learned;
  private Norms norms;
  private Denoiser denoiser;
  private NoiseSource noise;
  private int draws;

  /** For samples of {@code shape [N, ...]}. */
  public Chain(TorchRuntime runtime, Shape shape) {
    this.runtime = runtime;
    this.shape = shape;
  }

  /**
   * Draws samples.
   *
   * @param sigmas falling noise levels
   * @param start standard normal, float64; not changed
   * @return the samples, owned by the caller
   */
  public NativeTensor sample(
      Sampler sampler,
      Denoiser denoising,
      double[] sigmas,
      NativeTensor start,
      NoiseSource source) {
    denoiser = denoising;
    noise = source;
    draws = 0;
    NativeTensor x = combine(new double[] {sigmas[0]}, start);
    return sampler.run(this, sigmas, x);
  }

  NativeTensor denoise(NativeTensor x, double sigma) {
    return denoiser.denoise(x, sigma);
  }

  Denoiser denoiser() {
    return denoiser;
  }

  /** The next normal numbers. */
  NativeTensor normal() {
    return noise.normal(draws++);
  }

  /** The weighted sum, owned by the caller. */
  NativeTensor combine(double[] factors, NativeTensor... values) {
    return combinations
        .computeIfAbsent(factors.length, n -> new LinearCombination(runtime, shape, n))
        .of(factors, values);
  }

  /** As above; closes {@code x}, which the result replaces. */
  NativeTensor replace(NativeTensor x, double[] factors, NativeTensor... values) {
    try (x) {
      return combine(factors, values);
    }
  }

  /** {@code kx x + kd clean + kn z}; closes x. */
  NativeTensor step(NativeTensor x, NativeTensor clean, Step step) {
    if (step.noise() == 0) {
      return replace(x, new double[] {step.x(), step.clean()}, x, clean);
    }
    try (NativeTensor z = normal()) {
      return replace(x, new double[] {step.x(), step.clean(), step.noise()}, x, clean, z);
    }
  }

  /** A solver for one tensor of this shape; the caller closes it. */
  DormandPrince solver(double rtol, double atol) {
    return new DormandPrince(runtime, List.of(shape), rtol, atol);
  }

  LearnedVariance learned() {
    if (learned == null) {
      learned = new LearnedVariance(runtime, shape);
    }
    return learned;
  }

  /** The mean over samples of each tensor's norm. */
  double meanNorm(NativeTensor x) {
    if (norms == null) {
      norms = new Norms(runtime, shape);
    }
    return norms.mean(x);
  }

  /** The root mean square of {@code error / (atol + rtol max(|x|, |y|))}. */
  double scaledError(NativeTensor error, NativeTensor x, NativeTensor y, double a, double r) {
    if (norms == null) {
      norms = new Norms(runtime, shape);
    }
    return norms.scaled(error, x, y, a, r);
  }

  @Override
  public void close() {
    combinations.values().forEach(LinearCombination::close);
    if (learned != null) {
      learned.close();
    }
    if (norms != null) {
      norms.close();
    }
  }
}
