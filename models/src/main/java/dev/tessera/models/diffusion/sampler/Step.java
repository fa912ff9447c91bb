package dev.tessera.models.diffusion.sampler;

/**
 * An update that is linear: the next x is {@code x kx + D(x) kd + z kn}.
 *
 * @param x coefficient of x
 * @param clean coefficient of the denoised x
 * @param noise coefficient of standard normal noise
 */
public record Step(double x, double clean, double noise) {

  /** From {@code clean + eps-part}: {@code D + factor (x - D) / sigma}, plus noise. */
  static Step towards(double factor, double sigma, double noise) {
    return new Step(factor / sigma, 1 - factor / sigma, noise);
  }

  /** What gives {@code x_t' = a' x'} as {@code kx x + kd D + kn z}. */
  static Step scaled(double x, double clean, double noise, double scale) {
    return new Step(x / scale, clean / scale, noise / scale);
  }

  /** Without its noise. */
  Step mean() {
    return new Step(x, clean, 0);
  }
}
