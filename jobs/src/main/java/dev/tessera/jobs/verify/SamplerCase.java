package dev.tessera.jobs.verify;

import dev.tessera.models.diffusion.sampler.Ddpm;
import dev.tessera.models.diffusion.sampler.Drawing;
import dev.tessera.models.diffusion.sampler.Grid;
import dev.tessera.models.diffusion.sampler.Heun;
import dev.tessera.models.diffusion.sampler.Sampler;

/**
 * A sampler on a known law.
 *
 * @param law of the data
 * @param sampler leads from level to level
 * @param grid the levels
 * @param steps how many
 * @param samples drawn where the result is not computed exactly
 * @param seed of their noise
 * @param band how far from 1 the deviation over the law's may lie
 */
record SamplerCase(
    KnownLaw law, Sampler sampler, Grid grid, int steps, int samples, long seed, double band) {

  SamplerCase {
    new Drawing(sampler, grid, steps, law.mixture().deviation());
    if (samples < 2) {
      throw new IllegalArgumentException("samples: " + samples + " (expected: 2 or more)");
    }
    if (!(band > 0)) {
      throw new IllegalArgumentException("band: " + band + " (expected: above 0)");
    }
    if (sampler instanceof Ddpm ddpm && ddpm.variance() == Ddpm.Variance.LEARNED_RANGE) {
      throw new IllegalArgumentException(
          "sampler: ddpm with learned-range (expected: fixed-small or fixed-large, a known law has"
              + " learnt no variance)");
    }
  }

  Drawing drawing() {
    return new Drawing(sampler, grid, steps, law.mixture().deviation());
  }

  static SamplerCase defaults() {
    return new SamplerCase(
        KnownLaw.Gaussian.defaults(), Heun.defaults(), Grid.Karras.defaults(), 18, 20_000, 0, 0.3);
  }
}
