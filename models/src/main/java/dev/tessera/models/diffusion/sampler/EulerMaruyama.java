package dev.tessera.models.diffusion.sampler;

import dev.tessera.models.diffusion.space.Path;
import dev.tessera.models.diffusion.space.VariancePreserving;
import dev.tessera.models.runtime.NativeTensor;

/**
 * Euler and Maruyama's method for the reverse equation {@code dx = (f x - g^2 score) dt + g dw} of
 * a path (Song et al. 2021), in its own time and scale, each step as long as the levels lie apart.
 * The step to 0 denoises.
 */
public record EulerMaruyama(Path path) implements Sampler, OneStep {

  public EulerMaruyama {
    path.drift(0.5);
  }

  public static EulerMaruyama defaults() {
    return new EulerMaruyama(VariancePreserving.defaults());
  }

  @Override
  public void check(double[] sigmas, double sigmaData) {
    if (sigmas[0] >= Path.NOISE_ALONE / 2) {
      throw new IllegalArgumentException(
          "grid: begins at noise alone, where the path's drift is infinite (expected: uniform-time"
              + " with last 0.999, or karras)");
    }
    new NormalLaw(sigmaData).check("euler-maruyama", this, sigmas);
  }

  @Override
  public Step step(double sigma, double next) {
    if (next == 0) {
      return Step.towards(0, sigma, 0);
    }
    double time = path.time(sigma);
    double dt = time - path.time(next);
    double a = path.scale(sigma);
    double diffusion = path.diffusion(time);
    double pull = diffusion * dt / (sigma * sigma * a);
    double keep = a * (1 - path.drift(time) * dt) - pull;
    return Step.scaled(keep, pull, Math.sqrt(diffusion * dt), path.scale(next));
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
