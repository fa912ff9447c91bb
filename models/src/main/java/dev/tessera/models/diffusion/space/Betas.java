package dev.tessera.models.diffusion.space;

import java.io.Serializable;

/** The betas of a {@link Discrete} path. */
public sealed interface Betas extends Serializable {

  /** {@code -ln(1 - beta)} of steps {@code index}, of so many in all. */
  <R extends Real<R>> R logs(R index, int steps);

  private static void range(double first, double last) {
    if (!(first > 0 && first < last && last < 1)) {
      throw new IllegalArgumentException(
          "first: " + first + " (expected: above 0 and below last, which is below 1)");
    }
  }

  /**
   * Evenly spaced from {@code first} to {@code last} (Ho et al. 2020), for 1000 steps; for other
   * numbers both are divided by steps / 1000.
   */
  record Linear(double first, double last) implements Betas {
    public Linear {
      range(first, last);
    }

    public static Linear defaults() {
      return new Linear(1e-4, 2e-2);
    }

    @Override
    public <R extends Real<R>> R logs(R index, int steps) {
      double unit = 1000.0 / steps;
      double slope = (last - first) * unit / (steps - 1);
      return index.mul(slope).add(first * unit).neg().log1p().neg();
    }
  }

  /**
   * Evenly spaced square roots (Rombach et al. 2022); the defaults are Stable Diffusion's, latent
   * diffusion on ImageNet has .0015 and .0195.
   */
  record ScaledLinear(double first, double last) implements Betas {
    public ScaledLinear {
      range(first, last);
    }

    public static ScaledLinear defaults() {
      return new ScaledLinear(0.00085, 0.012);
    }

    @Override
    public <R extends Real<R>> R logs(R index, int steps) {
      double slope = (Math.sqrt(last) - Math.sqrt(first)) / (steps - 1);
      return index.mul(slope).add(Math.sqrt(first)).square().neg().log1p().neg();
    }
  }

  /**
   * Those whose abar is a squared cosine, none above {@code largest} (Nichol and Dhariwal 2021).
   */
  record SquaredCosine(double offset, double largest) implements Betas {
    public SquaredCosine {
      if (!(offset > 0 && offset < 1)) {
        throw new IllegalArgumentException("offset: " + offset + " (expected: between 0 and 1)");
      }
      if (!(largest > 0 && largest < 1)) {
        throw new IllegalArgumentException("largest: " + largest + " (expected: between 0 and 1)");
      }
    }

    public static SquaredCosine defaults() {
      return new SquaredCosine(0.008, 0.999);
    }

    @Override
    public <R extends Real<R>> R logs(R index, int steps) {
      R ratio = cosine(index.add(1), steps).div(cosine(index, steps)).square();
      return ratio.maximum(1 - largest).log().neg();
    }

    private <R extends Real<R>> R cosine(R index, int steps) {
      double unit = Math.PI / 2 / (1 + offset);
      return index.mul(unit / steps).add(unit * offset).cos();
    }
  }
}
