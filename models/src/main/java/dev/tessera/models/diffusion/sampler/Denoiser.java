package dev.tessera.models.diffusion.sampler;

import dev.tessera.models.runtime.NativeTensor;

/** What a sampler calls: an estimate of the clean picture behind {@code x} at one noise level. */
@FunctionalInterface
public interface Denoiser {

  /**
   * @param x float64 of any shape
   * @return float64 of the same shape, owned by the caller
   */
  NativeTensor denoise(NativeTensor x, double sigma);
}
