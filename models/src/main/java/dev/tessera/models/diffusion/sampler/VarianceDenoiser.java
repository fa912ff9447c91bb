package dev.tessera.models.diffusion.sampler;

import dev.tessera.models.runtime.NativeTensor;

/** A denoiser of a model that has learnt DDPM's variance (Nichol and Dhariwal 2021). */
public interface VarianceDenoiser extends Denoiser {

  /**
   * @return float64 of x's shape, owned by the caller: 1 where the variance of a step is the
   *     largest, beta, 0 where it is the smallest, that of the posterior, between them in
   *     logarithms
   */
  NativeTensor fraction(NativeTensor x, double sigma);
}
