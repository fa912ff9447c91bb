package dev.tessera.models.diffusion.sampler;

import dev.tessera.models.runtime.NativeTensor;

/**
 * The stochastic form of DPM-Solver++ (2M), with the midpoint's correction (Lu et al. 2022,
 * appendix; k-diffusion).
 *
 * @param eta amount of noise: 0 is {@link Dpmpp2m}, 1 the reverse equation
 */
public record Dpmpp2mSde(double eta) implements Sampler {

  public Dpmpp2mSde {
    if (!(eta >= 0)) {
      throw new IllegalArgumentException("eta: " + eta + " (expected: 0 or more)");
    }
  }

  public static Dpmpp2mSde defaults() {
    return new Dpmpp2mSde(1);
  }

  @Override
  public NativeTensor run(Chain chain, double[] sigmas, NativeTensor start) {
    NativeTensor x = start;
    NativeTensor before = null;
    for (int i = 0; i < sigmas.length - 1; i++) {
      NativeTensor clean = chain.denoise(x, sigmas[i]);
      double previous = before == null ? Double.NaN : sigmas[i - 1];
      x = step(chain, x, clean, before, previous, sigmas[i], sigmas[i + 1]);
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

  private NativeTensor step(
      Chain chain,
      NativeTensor x,
      NativeTensor clean,
      NativeTensor before,
      double previous,
      double sigma,
      double next) {
    if (next == 0) {
      return chain.step(x, clean, Step.towards(0, sigma, 0));
    }
    double h = Math.log(sigma / next);
    double gain = -Math.expm1(-h * (1 + eta));
    double keep = next / sigma * Math.exp(-eta * h);
    double noise = next * Math.sqrt(-Math.expm1(-2 * eta * h));
    if (before == null) {
      return chain.step(x, clean, new Step(keep, gain, noise));
    }
    double bend = 0.5 * gain * h / Math.log(previous / sigma);
    if (noise == 0) {
      return chain.replace(x, new double[] {keep, gain + bend, -bend}, x, clean, before);
    }
    try (NativeTensor z = chain.normal()) {
      double[] factors = {keep, gain + bend, -bend, noise};
      return chain.replace(x, factors, x, clean, before, z);
    }
  }

  @Override
  public int evaluations(double[] sigmas) {
    return sigmas.length - 1;
  }

  @Override
  public boolean stochastic() {
    return eta > 0;
  }
}
