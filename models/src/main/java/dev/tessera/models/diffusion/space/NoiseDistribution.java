package dev.tessera.models.diffusion.space;

import java.io.Serializable;

/**
 * The noise levels of training, each a function of one standard normal or uniform number. Levels
 * are in units in which the data's standard deviation is that of the model's signal.
 */
public sealed interface NoiseDistribution extends Serializable {

  /** What a level is a function of. */
  enum Draw {
    /** N(0, 1). */
    NORMAL,
    /** Uniform on (0, 1). */
    UNIFORM
  }

  Draw draw();

  /** Noise levels of numbers drawn as {@link #draw} tells. */
  <R extends Real<R>> R sigma(R drawn, Path path);

  /**
   * {@code ln(sigma) ~ N(mean, deviation^2)} (Karras et al. 2022).
   *
   * @param mean of {@code ln(sigma)}
   * @param deviation standard deviation of {@code ln(sigma)}
   */
  record LogNormal(double mean, double deviation) implements NoiseDistribution {
    public LogNormal {
      positive("deviation", deviation);
    }

    public static LogNormal defaults() {
      return new LogNormal(-1.2, 1.2);
    }

    @Override
    public Draw draw() {
      return Draw.NORMAL;
    }

    @Override
    public <R extends Real<R>> R sigma(R drawn, Path path) {
      return drawn.mul(deviation).add(mean).exp();
    }
  }

  /**
   * {@code logit(t) ~ N(mean, deviation^2)} in the path's time; then sigma times {@code shift},
   * which on the linear path is SD3's shift of time {@code k t / (1 + (k - 1) t)} (Esser et al.
   * 2024).
   */
  record LogitNormal(double mean, double deviation, double shift) implements NoiseDistribution {
    public LogitNormal {
      positive("deviation", deviation);
      positive("shift", shift);
    }

    public static LogitNormal defaults() {
      return new LogitNormal(0, 1, 1);
    }

    @Override
    public Draw draw() {
      return Draw.NORMAL;
    }

    @Override
    public <R extends Real<R>> R sigma(R drawn, Path path) {
      R logit = drawn.mul(deviation).add(mean);
      // The linear path's sigma is exp(logit): no rounding of times close to 1.
      R sigma = path instanceof Linear ? logit.exp() : path.sigma(logit.sigmoid());
      return sigma.mul(shift);
    }
  }

  /**
   * Uniform in the path's time, from {@code first} to {@code last}; on a discrete path all steps
   * alike, with 0 and 1.
   */
  record Uniform(double first, double last) implements NoiseDistribution {
    public Uniform {
      if (!(first >= 0 && first < last && last <= 1)) {
        throw new IllegalArgumentException(
            "first: " + first + " (expected: 0 or more and below last, " + last + ", at most 1)");
      }
    }

    public static Uniform defaults() {
      return new Uniform(1e-5, 1);
    }

    @Override
    public Draw draw() {
      return Draw.UNIFORM;
    }

    @Override
    public <R extends Real<R>> R sigma(R drawn, Path path) {
      return path.sigma(drawn.mul(last - first).add(first));
    }
  }

  /**
   * SD3's mode sampling: {@code t = 1 - u - scale (cos^2(pi u / 2) - 1 + u)} (Esser et al. 2024).
   */
  record Mode(double scale) implements NoiseDistribution {
    public Mode {
      if (!(scale >= -1 && scale <= 2 / (Math.PI - 2))) {
        throw new IllegalArgumentException(
            "scale: " + scale + " (expected: -1 to " + 2 / (Math.PI - 2) + ")");
      }
    }

    public static Mode defaults() {
      return new Mode(1.29);
    }

    @Override
    public Draw draw() {
      return Draw.UNIFORM;
    }

    @Override
    public <R extends Real<R>> R sigma(R drawn, Path path) {
      R square = drawn.mul(Math.PI / 2).cos().square();
      R bend = square.add(drawn).add(-1).mul(scale);
      return path.sigma(drawn.add(bend).neg().add(1));
    }
  }

  /** SD3's cosmap: {@code t = 1 - 1 / (tan(pi u / 2) + 1)} (Esser et al. 2024). */
  record CosMap() implements NoiseDistribution {
    @Override
    public Draw draw() {
      return Draw.UNIFORM;
    }

    @Override
    public <R extends Real<R>> R sigma(R drawn, Path path) {
      R angle = drawn.mul(Math.PI / 2);
      R sine = angle.sin();
      return path.sigma(sine.div(sine.add(angle.cos())));
    }
  }

  /** Uniform in {@code ln(sigma)}. */
  record LogUniform(double sigmaMin, double sigmaMax) implements NoiseDistribution {
    public LogUniform {
      if (!(sigmaMin > 0 && sigmaMin < sigmaMax)) {
        throw new IllegalArgumentException(
            "sigmaMin: " + sigmaMin + " (expected: above 0 and below sigmaMax, " + sigmaMax + ")");
      }
    }

    public static LogUniform defaults() {
      return new LogUniform(0.02, 100);
    }

    @Override
    public Draw draw() {
      return Draw.UNIFORM;
    }

    @Override
    public <R extends Real<R>> R sigma(R drawn, Path path) {
      return drawn.mul(Math.log(sigmaMax / sigmaMin)).exp().mul(sigmaMin);
    }
  }

  /**
   * A geometric progression of so many levels, all alike, as NCSN has them (Song and Ermon 2020).
   */
  record Geometric(double sigmaMin, double sigmaMax, int levels) implements NoiseDistribution {
    public Geometric {
      if (!(sigmaMin > 0 && sigmaMin < sigmaMax)) {
        throw new IllegalArgumentException(
            "sigmaMin: " + sigmaMin + " (expected: above 0 and below sigmaMax, " + sigmaMax + ")");
      }
      if (levels < 2) {
        throw new IllegalArgumentException("levels: " + levels + " (expected: 2 or more)");
      }
    }

    public static Geometric defaults() {
      return new Geometric(0.01, 50, 232);
    }

    @Override
    public Draw draw() {
      return Draw.UNIFORM;
    }

    @Override
    public <R extends Real<R>> R sigma(R drawn, Path path) {
      R level = drawn.mul(levels).floor().minimum(levels - 1);
      return level.mul(Math.log(sigmaMax / sigmaMin) / (levels - 1)).exp().mul(sigmaMin);
    }
  }

  private static void positive(String name, double value) {
    if (!(value > 0)) {
      throw new IllegalArgumentException(name + ": " + value + " (expected: above 0)");
    }
  }
}
