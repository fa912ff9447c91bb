package dev.tessera.models.diffusion.sampler;

import dev.tessera.models.runtime.NativeTensor;

/**
 * Song et al.'s predictor-corrector sampler (2021): at each level Langevin steps of size {@code 2
 * (r |z| / |score|)^2}, norms averaged over the batch, then the predictor. The last predictor's
 * step adds no noise. Works on x in EDM's coordinates, where the corrector of every path is VE's.
 *
 * @param predictor leads to the next level
 * @param snr r
 * @param corrections Langevin steps a level
 */
public record PredictorCorrector(OneStep predictor, double snr, int corrections)
    implements Sampler {

  public PredictorCorrector {
    if (!(snr > 0)) {
      throw new IllegalArgumentException("snr: " + snr + " (expected: above 0)");
    }
    if (corrections < 0) {
      throw new IllegalArgumentException("corrections: " + corrections + " (expected: 0 or more)");
    }
    if (predictor instanceof Ddpm ddpm && ddpm.variance() == Ddpm.Variance.LEARNED_RANGE) {
      throw new IllegalArgumentException(
          "predictor: ddpm with learned-range (expected: fixed-small or fixed-large)");
    }
  }

  public static PredictorCorrector defaults() {
    return new PredictorCorrector(ReverseDiffusion.defaults(), 0.16, 1);
  }

  @Override
  public void check(double[] sigmas, double sigmaData) {
    ((Sampler) predictor).check(sigmas, sigmaData);
  }

  @Override
  public NativeTensor run(Chain chain, double[] sigmas, NativeTensor start) {
    NativeTensor x = start;
    for (int i = 0; i < sigmas.length - 1; i++) {
      for (int c = 0; c < corrections; c++) {
        x = correct(chain, x, sigmas[i]);
      }
      Step step = predictor.step(sigmas[i], sigmas[i + 1]);
      try (NativeTensor clean = chain.denoise(x, sigmas[i])) {
        x = chain.step(x, clean, i == sigmas.length - 2 ? step.mean() : step);
      }
    }
    return x;
  }

  private NativeTensor correct(Chain chain, NativeTensor x, double sigma) {
    double unit = 1 / (sigma * sigma);
    try (NativeTensor clean = chain.denoise(x, sigma);
        NativeTensor score = chain.combine(new double[] {unit, -unit}, clean, x);
        NativeTensor z = chain.normal()) {
      double size = 2 * Math.pow(snr * chain.meanNorm(z) / chain.meanNorm(score), 2);
      return chain.replace(x, new double[] {1, size, Math.sqrt(2 * size)}, x, score, z);
    }
  }

  @Override
  public int evaluations(double[] sigmas) {
    return (sigmas.length - 1) * (1 + corrections);
  }

  @Override
  public boolean stochastic() {
    return true;
  }
}
