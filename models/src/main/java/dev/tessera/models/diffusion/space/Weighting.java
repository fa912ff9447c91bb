package dev.tessera.models.diffusion.space;

import java.io.Serializable;

/**
 * The weight of {@code |D - x0|^2} at each noise level. The signal-to-noise ratio is {@code 1 /
 * sigma^2}.
 */
public sealed interface Weighting extends Serializable {

  <R extends Real<R>> R weight(R sigma, Path path, double sigmaData);

  /** {@code (sigma^2 + sd^2) / (sigma sd)^2}: every level counts alike at first (EDM). */
  record Edm() implements Weighting {
    @Override
    public <R extends Real<R>> R weight(R sigma, Path path, double sigmaData) {
      return sigma.square().add(sigmaData * sigmaData).div(sigma.mul(sigmaData).square());
    }
  }

  /** 1: the mean squared error of the data. */
  record Data() implements Weighting {
    @Override
    public <R extends Real<R>> R weight(R sigma, Path path, double sigmaData) {
      return sigma.mul(0).add(1);
    }
  }

  /**
   * {@code 1 / sigma^2}: the mean squared error of the noise, DDPM's simple loss and denoising
   * score matching with {@code lambda = sigma^2}.
   */
  record Eps() implements Weighting {
    @Override
    public <R extends Real<R>> R weight(R sigma, Path path, double sigmaData) {
      return sigma.square().reciprocal();
    }
  }

  /** {@code (1 + sigma^2) / sigma^2}: the mean squared error of v. */
  record V() implements Weighting {
    @Override
    public <R extends Real<R>> R weight(R sigma, Path path, double sigmaData) {
      return sigma.square().reciprocal().add(1);
    }
  }

  /** {@code ((1 + sigma) / sigma)^2}: the mean squared error of the linear path's velocity. */
  record Flow() implements Weighting {
    @Override
    public <R extends Real<R>> R weight(R sigma, Path path, double sigmaData) {
      return sigma.reciprocal().add(1).square();
    }
  }

  /** {@code min(1 / sigma^2, gamma)} (Hang et al. 2023). */
  record MinSnr(double gamma) implements Weighting {
    public MinSnr {
      positive(gamma);
    }

    public static MinSnr defaults() {
      return new MinSnr(5);
    }

    @Override
    public <R extends Real<R>> R weight(R sigma, Path path, double sigmaData) {
      return sigma.square().reciprocal().minimum(gamma);
    }
  }

  /** {@code 1 / (sigma^2 + 1 / gamma)} (Crowson et al. 2024, section 4.4). */
  record SoftMinSnr(double gamma) implements Weighting {
    public SoftMinSnr {
      positive(gamma);
    }

    public static SoftMinSnr defaults() {
      return new SoftMinSnr(4);
    }

    @Override
    public <R extends Real<R>> R weight(R sigma, Path path, double sigmaData) {
      return sigma.square().add(1 / gamma).reciprocal();
    }
  }

  /**
   * {@code 2 sigma' / sigma^3} in the path's time: with uniform times a bound of the likelihood
   * (Song et al. 2021b), since it is the decay of the signal-to-noise ratio.
   */
  record Likelihood() implements Weighting {
    @Override
    public <R extends Real<R>> R weight(R sigma, Path path, double sigmaData) {
      R time = path.time(sigma);
      R a = path.scale(sigma);
      // sigma' = (s' - sigma a') / a
      R rate = path.noiseRate(time).sub(path.dataRate(time).mul(sigma)).div(a);
      return rate.mul(2).div(sigma.square().mul(sigma));
    }
  }

  private static void positive(double gamma) {
    if (!(gamma > 0)) {
      throw new IllegalArgumentException("gamma: " + gamma + " (expected: above 0)");
    }
  }
}
