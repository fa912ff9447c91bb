package dev.tessera.models.diffusion.space;

/**
 * A path of numbered steps, as DDPM has them: {@code abar_j} is the product of {@code 1 - beta_i}
 * up to j, and {@code sigma_j^2 = 1 / abar_j - 1}. Time {@code (j + 1/2) / steps} is step j, 0 to
 * {@code steps - 1}; times between are the step they fall into.
 *
 * @param betas the table
 * @param steps its length
 * @param zeroTerminalSnr whether {@code sqrt(abar)} is rescaled so that the last step is noise
 *     alone (Lin et al. 2024); then only predictions that tell {@code x0} there are possible
 */
public record Discrete(Betas betas, int steps, boolean zeroTerminalSnr) implements Path {

  public Discrete {
    if (steps < 2) {
      throw new IllegalArgumentException("steps: " + steps + " (expected: 2 or more)");
    }
    if (!(betas.logs(Numbers.of(steps - 1), steps).value() < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException(
          "steps: " + steps + " (expected: more, a beta of so few is 1 or above)");
    }
  }

  public static Discrete defaults() {
    return new Discrete(Betas.Linear.defaults(), 1000, false);
  }

  /** All noise levels, step 0 first; {@code like} is any vector of the kind wanted. */
  public <R extends Real<R>> R table(R like) {
    R excess = betas.logs(like.range(steps), steps).cumulativeSum();
    if (!zeroTerminalSnr) {
      return excess.expm1().sqrt();
    }
    R root = excess.mul(-0.5).exp();
    R first = root.first();
    R last = root.last();
    R rescaled = root.sub(last).mul(first.div(first.sub(last)));
    R square = rescaled.square().maximum(1 / (NOISE_ALONE * NOISE_ALONE));
    return square.reciprocal().add(-1).sqrt();
  }

  /** All noise levels, step 0 first. */
  public double[] sigmas() {
    return table(Numbers.of(0)).values();
  }

  /** The step of a time. */
  private <R extends Real<R>> R step(R time) {
    return time.mul(steps).floor().clamp(0, steps - 1);
  }

  @Override
  public <R extends Real<R>> R sigma(R time) {
    return table(time).at(step(time));
  }

  @Override
  public <R extends Real<R>> R time(R sigma) {
    return label(sigma).add(0.5).mul(1.0 / steps);
  }

  /** The number of the nearest step. */
  @Override
  public <R extends Real<R>> R label(R sigma) {
    return table(sigma).nearest(sigma);
  }

  @Override
  public <R extends Real<R>> R scale(R sigma) {
    return sigma.square().add(1).sqrt().reciprocal();
  }

  @Override
  public <R extends Real<R>> R dataRate(R time) {
    throw noRate();
  }

  @Override
  public <R extends Real<R>> R noiseRate(R time) {
    throw noRate();
  }

  private static IllegalArgumentException noRate() {
    return new IllegalArgumentException(
        "path: discrete (expected: a path of continuous time, the nearest is variance-preserving)");
  }

  @Override
  public double sigmaMax() {
    double[] sigmas = sigmas();
    return sigmas[sigmas.length - 1];
  }
}
