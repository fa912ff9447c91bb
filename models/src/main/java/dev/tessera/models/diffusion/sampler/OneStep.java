package dev.tessera.models.diffusion.sampler;

import dev.tessera.models.runtime.NativeTensor;
import java.io.Serializable;

/** Samplers that call the denoiser once a step and move linearly: the predictors. */
public sealed interface OneStep extends Serializable
    permits Euler, Ddim, Ddpm, EulerMaruyama, ReverseDiffusion, FlowSde {

  /** From one level to the next, which may be 0. */
  Step step(double sigma, double next);

  /** Follows all levels. */
  default NativeTensor follow(Chain chain, double[] sigmas, NativeTensor start) {
    NativeTensor x = start;
    for (int i = 0; i < sigmas.length - 1; i++) {
      try (NativeTensor clean = chain.denoise(x, sigmas[i])) {
        x = chain.step(x, clean, step(sigmas[i], sigmas[i + 1]));
      }
    }
    return x;
  }
}
