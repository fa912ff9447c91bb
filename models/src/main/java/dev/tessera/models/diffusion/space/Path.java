package dev.tessera.models.diffusion.space;

import java.io.Serializable;

/**
 * How data turn into noise: {@code x_t = a(t) x0 + s(t) eps} for t from 0, data, to 1, noise. What
 * a path means for a denoiser is told by {@code sigma = s / a} alone (Karras et al. 2022); times
 * and scales matter to what a network is given, and to the steps of some samplers.
 *
 * <p>Every function takes vectors {@code [n]} elementwise.
 */
public sealed interface Path extends Serializable
    permits Linear, VariancePreserving, SubVariancePreserving, VarianceExploding, Cosine, Discrete {

  /** Stands for the infinite sigma of noise without any data: a signal-to-noise ratio of 1e-16. */
  double NOISE_ALONE = 1e8;

  /** The noise level at a time. */
  <R extends Real<R>> R sigma(R time);

  /** The time of a noise level, the inverse of {@link #sigma}. */
  <R extends Real<R>> R time(R sigma);

  /** {@code a} at a noise level: {@code x_t = a (x0 + sigma eps)}. */
  <R extends Real<R>> R scale(R sigma);

  /**
   * {@code da/dt} at a time.
   *
   * @throws IllegalArgumentException for a path of discrete steps
   */
  <R extends Real<R>> R dataRate(R time);

  /**
   * {@code ds/dt} at a time.
   *
   * @throws IllegalArgumentException for a path of discrete steps
   */
  <R extends Real<R>> R noiseRate(R time);

  /** The number that networks of this path are given for a noise level, from 0 to 999. */
  default <R extends Real<R>> R label(R sigma) {
    return time(sigma).mul(999);
  }

  /** The greatest noise level; {@link #NOISE_ALONE} where nothing of the data is left. */
  double sigmaMax();

  /** {@link #sigma} of one time. */
  default double sigma(double time) {
    return sigma(Numbers.of(time)).value();
  }

  /** {@link #time} of one noise level. */
  default double time(double sigma) {
    return time(Numbers.of(sigma)).value();
  }

  /** {@link #scale} of one noise level. */
  default double scale(double sigma) {
    return scale(Numbers.of(sigma)).value();
  }

  /**
   * {@code f} of the forward equation {@code dx = f x dt + g dw} at one time, {@code a' / a}; see
   * {@link #dataRate}.
   */
  default double drift(double time) {
    return dataRate(Numbers.of(time)).value() / scale(sigma(time));
  }

  /** {@code g^2} of the forward equation at one time: {@code 2 (s s' - s^2 a' / a)}. */
  default double diffusion(double time) {
    double sigma = sigma(time);
    double s = sigma * scale(sigma);
    return 2 * (s * noiseRate(Numbers.of(time)).value() - s * s * drift(time));
  }
}
