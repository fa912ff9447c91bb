package dev.tessera.models.diffusion.space;

/**
 * What a network is given and what its output means, at noise levels {@code [n]} of {@code x = x0 +
 * sigma eps}.
 *
 * @param path tells times and scales
 * @param prediction what the network says
 * @param preconditioning what it is given
 * @param sigmaData standard deviation of the data in units of sigma
 */
public record Design(
    Path path, Prediction prediction, Preconditioning preconditioning, double sigmaData) {

  public Design {
    if (path instanceof Discrete && prediction == Prediction.FLOW) {
      throw new IllegalArgumentException(
          "prediction: flow (expected: v, or a path of continuous time: discrete steps have no"
              + " velocity)");
    }
    if (path instanceof Discrete discrete
        && discrete.zeroTerminalSnr()
        && !prediction.knowsDataInNoise()) {
      throw new IllegalArgumentException(
          "prediction: "
              + name(prediction)
              + " (expected: v: the path's last step is noise alone, where the noise tells nothing"
              + " of the data; or path.zero-terminal-snr=false)");
    }
  }

  static String name(Enum<?> constant) {
    return constant.name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
  }

  /**
   * Refuses training at levels where the prediction says nothing.
   *
   * @throws IllegalArgumentException naming the choice and the nearest valid one
   */
  public void check(NoiseDistribution noise) {
    if (prediction.knowsDataInNoise() || noise.draw() == NoiseDistribution.Draw.NORMAL) {
      return;
    }
    for (double sigma : noise.sigma(Numbers.of(0, 1), path).values()) {
      if (sigma >= Path.NOISE_ALONE / 2) {
        throw new IllegalArgumentException(
            "noise: reaches noise alone (expected: a noise.last below 1, such as 0.999, with"
                + " prediction "
                + name(prediction)
                + "; or prediction v)");
      }
    }
  }

  /** c_in: what x is multiplied with. */
  public <R extends Real<R>> R in(R sigma) {
    return preconditioning.in(sigma, path, sigmaData);
  }

  /** c_noise. */
  public <R extends Real<R>> R noise(R sigma) {
    return preconditioning.noise(sigma, path);
  }

  /** c_skip of {@code D = c_skip x + c_out F}. */
  public <R extends Real<R>> R skip(R sigma) {
    return prediction.skip(sigma, path, sigmaData);
  }

  /** c_out. */
  public <R extends Real<R>> R out(R sigma) {
    return prediction.out(sigma, path, sigmaData);
  }

  /** What F shall be, in terms of x0 and eps. */
  public <R extends Real<R>> Prediction.Target<R> target(R sigma) {
    return prediction.of(sigma, path, sigmaData);
  }

  /** The weight of {@code |F - target|^2} that is {@code weighting}'s of {@code |D - x0|^2}. */
  public <R extends Real<R>> R weight(Weighting weighting, R sigma) {
    return weighting.weight(sigma, path, sigmaData).mul(out(sigma).square());
  }
}
