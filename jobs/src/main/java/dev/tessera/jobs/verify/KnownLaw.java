package dev.tessera.jobs.verify;

import dev.tessera.models.diffusion.law.Mixture;

/** The laws that a single case can be of; each element of a sample is independent. */
sealed interface KnownLaw {

  Mixture mixture();

  /**
   * N(0, sd^2).
   *
   * @param sd standard deviation
   */
  record Gaussian(double sd) implements KnownLaw {
    public Gaussian {
      if (!(sd > 0)) {
        throw new IllegalArgumentException("sd: " + sd + " (expected: above 0)");
      }
    }

    static Gaussian defaults() {
      return new Gaussian(0.5);
    }

    @Override
    public Mixture mixture() {
      return Mixture.gaussian(0, sd);
    }
  }

  /** -1 and 1 alike. */
  record TwoPoints() implements KnownLaw {
    @Override
    public Mixture mixture() {
      return Mixture.twoPoints();
    }
  }

  /** Three overlapping bells. */
  record ThreeBells() implements KnownLaw {
    @Override
    public Mixture mixture() {
      return Mixture.threeBells();
    }
  }
}
