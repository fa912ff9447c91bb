package dev.tessera.models.diffusion.sampler;

import dev.tessera.models.runtime.NativeTensor;

/** Standard normal numbers for samplers that need more than those they start from. */
@FunctionalInterface
public interface NoiseSource {

  /**
   * @param draw number of the draw within a sample, from 0
   * @return float64 of the samples' shape, owned by the caller
   */
  NativeTensor normal(int draw);

  /** For samplers that draw nothing. */
  static NoiseSource none() {
    return draw -> {
      throw new IllegalStateException("draw " + draw + " of a sampler that shall draw nothing");
    };
  }
}
