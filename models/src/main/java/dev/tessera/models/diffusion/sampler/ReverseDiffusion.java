package dev.tessera.models.diffusion.sampler;

import dev.tessera.models.runtime.NativeTensor;

/**
 * Song et al.'s reverse diffusion predictor (2021, appendix E): the forward chain's own steps
 * turned round. The step to 0 adds no noise.
 */
public record ReverseDiffusion(Form form) implements Sampler, OneStep {

  /** The forward chain. */
  public enum Form {
    /** {@code x' = x + (sigma^2 - sigma'^2) score + noise} of that variance. */
    VE,
    /** {@code x_t' = (2 - sqrt(1 - beta)) x_t + beta score + noise} of variance beta. */
    VP
  }

  public static ReverseDiffusion defaults() {
    return new ReverseDiffusion(Form.VE);
  }

  @Override
  public void check(double[] sigmas, double sigmaData) {
    new NormalLaw(sigmaData).check("reverse-diffusion", this, sigmas);
  }

  @Override
  public Step step(double sigma, double next) {
    if (form == Form.VE) {
      double gone = sigma * sigma - next * next;
      double pull = gone / (sigma * sigma);
      return new Step(1 - pull, pull, next == 0 ? 0 : Math.sqrt(gone));
    }
    double a = 1 / Math.sqrt(1 + sigma * sigma);
    double scale = 1 / Math.sqrt(1 + next * next);
    double beta = 1 - a * a / (scale * scale);
    double pull = beta / (sigma * sigma * a);
    double keep = a * (2 - a / scale) - pull;
    return Step.scaled(keep, pull, next == 0 ? 0 : Math.sqrt(beta), scale);
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
    return true;
  }
}
