package dev.tessera.models.diffusion.space;

/**
 * What a network's output F means: {@code F = data x0 + noise eps}. From these two coefficients
 * follow both directions: with {@code x = x0 + sigma eps}, {@code x0 = skip x + out F}.
 *
 * <p>Functions take noise levels {@code [n]} elementwise. Levels are in units in which the data's
 * standard deviation is {@code sigmaData}.
 */
public enum Prediction {
  /** EDM's F: of variance 1 at every level, and 0 is the best guess for white data. */
  EDM {
    @Override
    <R extends Real<R>> Target<R> target(R sigma, Path path, double sigmaData) {
      R root = sigma.square().add(sigmaData * sigmaData).sqrt();
      return new Target<>(sigma.div(root).mul(1 / sigmaData), root.reciprocal().mul(-sigmaData));
    }
  },
  /** The clean data. */
  X0 {
    @Override
    <R extends Real<R>> Target<R> target(R sigma, Path path, double sigmaData) {
      R zero = sigma.mul(0);
      return new Target<>(zero.add(1), zero);
    }
  },
  /** The noise (Ho et al. 2020). */
  EPS {
    @Override
    <R extends Real<R>> Target<R> target(R sigma, Path path, double sigmaData) {
      R zero = sigma.mul(0);
      return new Target<>(zero, zero.add(1));
    }
  },
  /** {@code a eps - s x0} (Salimans and Ho 2022). */
  V {
    @Override
    <R extends Real<R>> Target<R> target(R sigma, Path path, double sigmaData) {
      R a = path.scale(sigma);
      return new Target<>(a.mul(sigma).neg(), a);
    }
  },
  /** The gradient of the log density of {@code x_t}, {@code -eps / s}. */
  SCORE {
    @Override
    <R extends Real<R>> Target<R> target(R sigma, Path path, double sigmaData) {
      R zero = sigma.mul(0);
      return new Target<>(zero, path.scale(sigma).mul(sigma).reciprocal().neg());
    }
  },
  /** The score times s, {@code -eps}: NCSN's output before it is divided by the noise. */
  SCALED_SCORE {
    @Override
    <R extends Real<R>> Target<R> target(R sigma, Path path, double sigmaData) {
      R zero = sigma.mul(0);
      return new Target<>(zero, zero.add(-1));
    }
  },
  /** The velocity {@code a' x0 + s' eps} (Lipman et al. 2023): {@code eps - x0} if linear. */
  FLOW {
    @Override
    <R extends Real<R>> Target<R> target(R sigma, Path path, double sigmaData) {
      R time = path.time(sigma);
      return new Target<>(path.dataRate(time), path.noiseRate(time));
    }
  };

  /**
   * Coefficients of what the network shall say.
   *
   * @param data of x0
   * @param noise of eps
   */
  public record Target<R extends Real<R>>(R data, R noise) {}

  /** The coefficients at noise levels. */
  abstract <R extends Real<R>> Target<R> target(R sigma, Path path, double sigmaData);

  /** What the network shall say at levels {@code sigma}. */
  public final <R extends Real<R>> Target<R> of(R sigma, Path path, double sigmaData) {
    return target(sigma, path, sigmaData);
  }

  /** The coefficient of x in {@code x0 = skip x + out F}. */
  public final <R extends Real<R>> R skip(R sigma, Path path, double sigmaData) {
    Target<R> target = target(sigma, path, sigmaData);
    return target.noise().div(divisor(target, sigma)).neg();
  }

  /** The coefficient of F. */
  public final <R extends Real<R>> R out(R sigma, Path path, double sigmaData) {
    return sigma.div(divisor(target(sigma, path, sigmaData), sigma));
  }

  private static <R extends Real<R>> R divisor(Target<R> target, R sigma) {
    return target.data().mul(sigma).sub(target.noise());
  }

  /** Whether x0 can be told from it where there is nothing but noise. */
  public boolean knowsDataInNoise() {
    return switch (this) {
      case EDM, X0, V, FLOW -> true;
      case EPS, SCORE, SCALED_SCORE -> false;
    };
  }
}
