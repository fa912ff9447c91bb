package dev.tessera.models.diffusion;

import dev.tessera.models.diffusion.space.Weighting;
import java.io.Serializable;

/** What a diffusion model's training minimises. */
public sealed interface Loss extends Serializable {

  /**
   * The weighted squared error of the denoised data, which is that of any other prediction too:
   * DDPM's simple loss, velocity matching, denoising score matching (Vincent 2011), EDM.
   *
   * @param weighting of the noise levels
   */
  record Denoising(Weighting weighting) implements Loss {
    public static Denoising defaults() {
      return new Denoising(new Weighting.Edm());
    }
  }

  /**
   * As {@link Denoising}, with the weight of each noise level learned (Karras et al. 2024, equation
   * 21): {@code w / exp(u) |D - x0|^2 + u}, whose least is where u is the logarithm of the weighted
   * error, so that all levels count alike throughout. u is a small network of the noise level that
   * training alone knows of.
   *
   * @param weighting of the noise levels, w
   */
  record Uncertain(Weighting weighting) implements Loss {
    public static Uncertain defaults() {
      return new Uncertain(new Weighting.Edm());
    }
  }

  /**
   * DDPM's simple loss with a learned variance (Nichol and Dhariwal 2021): the network also says,
   * for each element, where the variance of a step lies between its bounds, and the variational
   * bound trains that alone. For paths of discrete steps.
   *
   * @param weighting of the squared error
   * @param bound weight of the bound of the drawn step, in bits a dimension; the number of steps
   *     over 1000 is the authors' rescaled one
   */
  record Hybrid(Weighting weighting, double bound) implements Loss {
    public Hybrid {
      if (!(bound > 0)) {
        throw new IllegalArgumentException("bound: " + bound + " (expected: above 0)");
      }
    }

    public static Hybrid defaults() {
      return new Hybrid(new Weighting.Eps(), 1);
    }
  }

  /**
   * Score matching without a target (Song et al. 2020, sliced score matching), on data that noise
   * of each level has smoothed: {@code v' J v + |s|^2 / 2} for the score s, its Jacobian J, and
   * random directions v. Costs a second derivative of the network, for which attention is composed
   * of products.
   *
   * @param weighting of the noise levels, in the same units as that of {@link Denoising}
   * @param projections directions a picture
   * @param direction their law
   * @param varianceReduced whether {@code |s|^2 / 2} is taken for its estimate {@code (v' s)^2 / 2}
   */
  record SlicedScore(
      Weighting weighting, int projections, Direction direction, boolean varianceReduced)
      implements Loss {

    public SlicedScore {
      if (projections < 1) {
        throw new IllegalArgumentException(
            "projections: " + projections + " (expected: 1 or more)");
      }
    }

    public static SlicedScore defaults() {
      return new SlicedScore(new Weighting.Eps(), 1, Direction.RADEMACHER, true);
    }
  }

  /** The law of random directions; each has unit covariance. */
  enum Direction {
    /** Signs. */
    RADEMACHER,
    /** Normal. */
    NORMAL,
    /** Uniform on the sphere whose radius is the root of the dimension. */
    SPHERE
  }
}
