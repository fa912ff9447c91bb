package dev.tessera.models.diffusion.sampler;

import dev.tessera.models.runtime.NativeTensor;

/**
 * Euler's method along the probability flow. In these coordinates it is one update under many
 * names: DDIM without noise, flow matching's Euler step, DPM-Solver++ of order 1.
 */
public record Euler() implements Sampler, OneStep {

  @Override
  public Step step(double sigma, double next) {
    return Step.towards(next, sigma, 0);
  }

  @Override
  public NativeTensor run(Chain chain, double[] sigmas, NativeTensor x) {
    return follow(chain, sigmas, x);
  }

  @Override
  public int evaluations(double[] sigmas) {
    return sigmas.length - 1;
  }

  @Override
  public boolean stochastic() {
    return false;
  }
}
