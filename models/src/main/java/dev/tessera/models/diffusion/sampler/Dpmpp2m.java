package dev.tessera.models.diffusion.sampler;

import dev.tessera.models.runtime.NativeTensor;

/**
 * DPM-Solver++ (2M), second order with one call a step (Lu et al. 2022): it remembers the denoised
 * x of the step before. The first step and the one to 0 are of first order.
 *
 * @param lowerOrderFinal whether the last step is of first order wherever it ends, which is
 *     steadier with few steps
 */
public record Dpmpp2m(boolean lowerOrderFinal) implements Sampler {

  public static Dpmpp2m defaults() {
    return new Dpmpp2m(false);
  }

  @Override
  public NativeTensor run(Chain chain, double[] sigmas, NativeTensor start) {
    NativeTensor x = start;
    NativeTensor before = null;
    for (int i = 0; i < sigmas.length - 1; i++) {
      NativeTensor clean = chain.denoise(x, sigmas[i]);
      double next = sigmas[i + 1];
      boolean first = before == null || next == 0 || (lowerOrderFinal && i == sigmas.length - 2);
      if (first) {
        x = chain.step(x, clean, Step.towards(next, sigmas[i], 0));
      } else {
        double[] k = factors(sigmas[i - 1], sigmas[i], next);
        x = chain.replace(x, k, x, clean, before);
      }
      if (before != null) {
        before.close();
      }
      before = clean;
    }
    if (before != null) {
      before.close();
    }
    return x;
  }

  /** Of x, of its denoised, and of the denoised before. */
  static double[] factors(double previous, double sigma, double next) {
    double h = Math.log(sigma / next);
    double r = Math.log(previous / sigma) / h;
    double gain = -Math.expm1(-h);
    return new double[] {next / sigma, gain * (1 + 1 / (2 * r)), -gain / (2 * r)};
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
