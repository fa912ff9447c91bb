package dev.tessera.models.diffusion.likelihood;

import dev.tessera.models.diffusion.space.Numbers;
import dev.tessera.models.diffusion.space.Path;
import dev.tessera.models.diffusion.space.VarianceExploding;

/**
 * The probability flow of a path in its own time, {@code x' = a' D + s' (x / a - D) / sigma} (Song
 * et al. 2021, equation 13, written with the denoiser): numbers of the host.
 *
 * @param scale {@code a}
 * @param sigma {@code s / a}
 * @param data {@code a'}
 * @param noise {@code s'}
 */
record Flow(double scale, double sigma, double data, double noise) {

  static Flow at(Path path, double time) {
    double sigma = path.sigma(time);
    Numbers t = Numbers.of(time);
    return new Flow(path.scale(sigma), sigma, path.dataRate(t).value(), path.noiseRate(t).value());
  }

  /** The coefficient of {@code x_t} in x'. */
  double ofState() {
    return noise / (sigma * scale);
  }

  /** The coefficient of D in x'. */
  double ofClean() {
    return data - noise / sigma;
  }

  /** The coefficient of the trace of {@code dD / d(x / a)} in the divergence of x'. */
  double ofTrace() {
    return ofClean() / scale;
  }

  /**
   * The variance of {@code x_t} where it is taken for noise: that of data of unit variance with the
   * noise, 1 of a VP path; of the noise alone for VE, as Song et al. have both.
   */
  static double priorVariance(Path path, double sigma) {
    double a = path.scale(sigma);
    double excess = path instanceof VarianceExploding ? 0 : 1;
    return a * a * (excess + sigma * sigma);
  }
}
