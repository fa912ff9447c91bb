package dev.tessera.models.diffusion.space;

import java.io.Serializable;

/**
 * What a network is given for {@code x = x0 + sigma eps}: {@code in(sigma) x}, and the number
 * {@code noise(sigma)} (Karras et al. 2022, table 1). What its output means is {@link Prediction}.
 */
public sealed interface Preconditioning extends Serializable {

  /** c_in. */
  <R extends Real<R>> R in(R sigma, Path path, double sigmaData);

  /** c_noise. */
  <R extends Real<R>> R noise(R sigma, Path path);

  /** Whether c_noise counts time steps, 0 to 999, and is no logarithm. */
  boolean countsSteps();

  /** Unit variance, and {@code ln(sigma) / 4}. */
  record Edm() implements Preconditioning {
    @Override
    public <R extends Real<R>> R in(R sigma, Path path, double sigmaData) {
      return sigma.square().add(sigmaData * sigmaData).sqrt().reciprocal();
    }

    @Override
    public <R extends Real<R>> R noise(R sigma, Path path) {
      return sigma.log().mul(0.25);
    }

    @Override
    public boolean countsSteps() {
      return false;
    }
  }

  /** {@code x_t} and the time of the recipe's own path, in steps. */
  record Own() implements Preconditioning {
    @Override
    public <R extends Real<R>> R in(R sigma, Path path, double sigmaData) {
      return path.scale(sigma);
    }

    @Override
    public <R extends Real<R>> R noise(R sigma, Path path) {
      return path.label(sigma);
    }

    @Override
    public boolean countsSteps() {
      return true;
    }
  }

  /** {@code x_t} and time of the VP equation, whatever the recipe's path. */
  record Vp(double betaMin, double betaMax) implements Preconditioning {
    public Vp {
      new BetaIntegral(betaMin, betaMax);
    }

    public static Vp defaults() {
      return new Vp(0.1, 20);
    }

    private Path vp() {
      return new VariancePreserving(betaMin, betaMax);
    }

    @Override
    public <R extends Real<R>> R in(R sigma, Path path, double sigmaData) {
      return vp().scale(sigma);
    }

    @Override
    public <R extends Real<R>> R noise(R sigma, Path path) {
      return vp().label(sigma);
    }

    @Override
    public boolean countsSteps() {
      return true;
    }
  }

  /** x as it is, and {@code ln(sigma / 2)}. */
  record Ve() implements Preconditioning {
    @Override
    public <R extends Real<R>> R in(R sigma, Path path, double sigmaData) {
      return sigma.mul(0).add(1);
    }

    @Override
    public <R extends Real<R>> R noise(R sigma, Path path) {
      return sigma.mul(0.5).log();
    }

    @Override
    public boolean countsSteps() {
      return false;
    }
  }

  /** {@code x_t} of a VP path and the nearest of iDDPM's steps, whatever the recipe's path. */
  record Iddpm(int levels) implements Preconditioning {
    public Iddpm {
      if (levels < 2) {
        throw new IllegalArgumentException("levels: " + levels + " (expected: 2 or more)");
      }
    }

    public static Iddpm defaults() {
      return new Iddpm(1000);
    }

    private Path table() {
      return new Discrete(Betas.SquaredCosine.defaults(), levels, false);
    }

    @Override
    public <R extends Real<R>> R in(R sigma, Path path, double sigmaData) {
      return table().scale(sigma);
    }

    @Override
    public <R extends Real<R>> R noise(R sigma, Path path) {
      return table().label(sigma);
    }

    @Override
    public boolean countsSteps() {
      return true;
    }
  }
}
