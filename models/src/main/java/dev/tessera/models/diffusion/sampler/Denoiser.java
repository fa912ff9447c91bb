package dev.tessera.models.diffusion.sampler;

import dev.tessera.models.runtime.NativeTensor;
import java.util.Optional;

/** What a sampler calls: an estimate of the clean picture behind {@code x} at one noise level. */
@FunctionalInterface
public interface Denoiser {

  /**
   * @param x float64 of any shape
   * @return float64 of the same shape, owned by the caller
   */
  NativeTensor denoise(NativeTensor x, double sigma);

  /** As {@link #denoise}, with the variance of steps; empty of a model that has learned none. */
  default Optional<Estimate> estimate(NativeTensor x, double sigma) {
    return Optional.empty();
  }

  /**
   * What a model with DDPM's learned variance says (Nichol and Dhariwal 2021); float64 of x's
   * shape, owned by the caller.
   *
   * @param clean the denoised x
   * @param fraction 1 where the variance of a step is the largest, beta, 0 where it is the
   *     smallest, that of the posterior, between them in logarithms
   */
  record Estimate(NativeTensor clean, NativeTensor fraction) implements AutoCloseable {
    @Override
    public void close() {
      clean.close();
      fraction.close();
    }
  }
}
