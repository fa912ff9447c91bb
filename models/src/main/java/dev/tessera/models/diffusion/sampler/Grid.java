package dev.tessera.models.diffusion.sampler;

import dev.tessera.models.diffusion.space.Betas;
import dev.tessera.models.diffusion.space.Discrete;
import dev.tessera.models.diffusion.space.Numbers;
import dev.tessera.models.diffusion.space.Path;
import dev.tessera.models.diffusion.space.VariancePreserving;
import java.io.Serializable;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntToDoubleFunction;

/**
 * The noise levels of sampling, falling, 0 last. Sigmas are in units in which the data's standard
 * deviation is that of the model's signal.
 */
public sealed interface Grid extends Serializable {

  /**
   * {@code steps + 1} levels.
   *
   * @throws IllegalArgumentException if there are no such levels
   */
  double[] sigmas(int steps);

  private static double[] endingInZero(int steps, IntToDoubleFunction level) {
    double[] sigmas = new double[steps + 1];
    for (int i = 0; i < steps; i++) {
      sigmas[i] = level.applyAsDouble(i);
    }
    return sigmas;
  }

  private static void two(int steps) {
    if (steps < 2) {
      throw new IllegalArgumentException("steps: " + steps + " (expected: 2 or more)");
    }
  }

  private static void range(double sigmaMin, double sigmaMax) {
    if (!(sigmaMin > 0 && sigmaMin < sigmaMax)) {
      throw new IllegalArgumentException(
          "sigmaMin: " + sigmaMin + " (expected: above 0 and below sigmaMax, " + sigmaMax + ")");
    }
  }

  /**
   * Evenly spaced in {@code sigma^(1/rho)} (Karras et al. 2022, equation 5).
   *
   * @param sigmaMin least level above 0
   * @param sigmaMax greatest level
   * @param rho how much closer levels stand where noise is low; 1 for even steps
   */
  record Karras(double sigmaMin, double sigmaMax, double rho) implements Grid {
    public Karras {
      range(sigmaMin, sigmaMax);
      if (!(rho > 0)) {
        throw new IllegalArgumentException("rho: " + rho + " (expected: above 0)");
      }
    }

    public static Karras defaults() {
      return new Karras(0.002, 80, 7);
    }

    @Override
    public double[] sigmas(int steps) {
      two(steps);
      double high = Math.pow(sigmaMax, 1 / rho);
      double low = Math.pow(sigmaMin, 1 / rho);
      return endingInZero(steps, i -> Math.pow(high + i * (low - high) / (steps - 1), rho));
    }
  }

  /** A geometric progression, as VE samplers and NCSN have it. */
  record Ve(double sigmaMin, double sigmaMax) implements Grid {
    public Ve {
      range(sigmaMin, sigmaMax);
    }

    public static Ve defaults() {
      return new Ve(0.02, 100);
    }

    @Override
    public double[] sigmas(int steps) {
      two(steps);
      return endingInZero(
          steps, i -> sigmaMax * Math.pow(sigmaMin / sigmaMax, (double) i / (steps - 1)));
    }
  }

  /** Even times of the VP equation from 1 to {@code first}. */
  record Vp(double betaMin, double betaMax, double first) implements Grid {
    public Vp {
      new VariancePreserving(betaMin, betaMax);
      if (!(first > 0 && first < 1)) {
        throw new IllegalArgumentException("first: " + first + " (expected: between 0 and 1)");
      }
    }

    public static Vp defaults() {
      return new Vp(0.1, 20, 1e-3);
    }

    @Override
    public double[] sigmas(int steps) {
      two(steps);
      Path path = new VariancePreserving(betaMin, betaMax);
      return endingInZero(steps, i -> path.sigma(1 + i * (first - 1) / (steps - 1)));
    }
  }

  /**
   * Even steps of iDDPM's table between two noise levels (Karras et al. 2022, table 1).
   *
   * @param levels the table's length
   */
  record Iddpm(double sigmaMin, double sigmaMax, int levels) implements Grid {
    public Iddpm {
      range(sigmaMin, sigmaMax);
      if (levels < 2) {
        throw new IllegalArgumentException("levels: " + levels + " (expected: 2 or more)");
      }
    }

    public static Iddpm defaults() {
      return new Iddpm(0.002, 81, 1000);
    }

    @Override
    public double[] sigmas(int steps) {
      two(steps);
      double[] table =
          Arrays.stream(new Discrete(Betas.SquaredCosine.defaults(), levels, false).sigmas())
              .filter(sigma -> sigma >= sigmaMin && sigma <= sigmaMax)
              .toArray();
      if (table.length < steps) {
        throw new IllegalArgumentException(
            "steps: " + steps + " (expected: at most " + table.length + ", the table's levels)");
      }
      double stride = (table.length - 1.0) / (steps - 1);
      return endingInZero(steps, i -> table[table.length - 1 - (int) Math.rint(i * stride)]);
    }
  }

  /**
   * Even times of a path of continuous time.
   *
   * @param first least time above 0
   * @param last greatest time
   */
  record UniformTime(Path path, double first, double last) implements Grid {
    public UniformTime {
      if (!(first > 0 && first < last && last <= 1)) {
        throw new IllegalArgumentException(
            "first: " + first + " (expected: above 0 and below last, " + last + ", at most 1)");
      }
    }

    @Override
    public double[] sigmas(int steps) {
      two(steps);
      return endingInZero(steps, i -> path.sigma(last + i * (first - last) / (steps - 1)));
    }
  }

  /**
   * Even times of the linear path from 1, noise alone, to 0, each sigma times {@code shift}: SD3's
   * {@code t' = k t / (1 + (k - 1) t)} (Esser et al. 2024), applied once to even times. A shift of
   * 1 is plain flow matching.
   */
  record Flow(double shift) implements Grid {
    public Flow {
      if (!(shift > 0)) {
        throw new IllegalArgumentException("shift: " + shift + " (expected: above 0)");
      }
    }

    public static Flow defaults() {
      return new Flow(1);
    }

    @Override
    public double[] sigmas(int steps) {
      return endingInZero(
          steps,
          i -> {
            double time = 1 - (double) i / steps;
            return i == 0 ? Path.NOISE_ALONE : shift * time / (1 - time);
          });
    }
  }

  /**
   * As {@link Flow} with {@code shift = exp(mu)}, mu linear in the number of tokens, from {@code
   * base} at 256 to {@code most} at 4096 (flux, sampling.py).
   */
  record DynamicFlow(int tokens, double base, double most) implements Grid {
    public DynamicFlow {
      if (tokens < 1) {
        throw new IllegalArgumentException("tokens: " + tokens + " (expected: 1 or more)");
      }
    }

    public static DynamicFlow defaults() {
      return new DynamicFlow(1024, 0.5, 1.15);
    }

    /** {@code exp(mu)}. */
    public double shift() {
      return Math.exp(base + (most - base) * (tokens - 256) / (4096 - 256));
    }

    @Override
    public double[] sigmas(int steps) {
      return new Flow(shift()).sigmas(steps);
    }
  }

  /**
   * Some steps of a discrete path, as DDPM and DDIM take them.
   *
   * @param spacing which steps
   * @param toFirst whether the last level is that of the path's first step (latent diffusion's
   *     choice) rather than 0 (DDPM's)
   */
  record Respaced(Discrete path, Spacing spacing, boolean toFirst) implements Grid {

    public static Respaced defaults() {
      return new Respaced(Discrete.defaults(), Spacing.EVEN, false);
    }

    @Override
    public double[] sigmas(int steps) {
      double[] table = path.sigmas();
      int[] chosen = spacing.steps(steps, table.length);
      double[] sigmas = endingInZero(steps, i -> table[chosen[steps - 1 - i]]);
      sigmas[steps] = toFirst ? table[0] : 0;
      if (toFirst && sigmas[steps - 1] <= sigmas[steps]) {
        throw new IllegalArgumentException(
            "toFirst: true (expected: false, the first of these steps is the path's first)");
      }
      return sigmas;
    }
  }

  /** How some of a path's steps are chosen. */
  enum Spacing {
    /** Every stride-th, from step 0; the stride must be whole (iDDPM's {@code ddimN}). */
    STRIDED {
      @Override
      int[] steps(int count, int of) {
        Spacing.fit(count, of);
        if (of % count != 0) {
          throw new IllegalArgumentException(
              "steps: "
                  + count
                  + " (expected: a divisor of "
                  + of
                  + ", the nearest is "
                  + nearestDivisor(count, of)
                  + "; or spacing even)");
        }
        return every(count, i -> i * (of / count));
      }
    },
    /** From the first to the last, rounded (iDDPM's sections, {@code linspace}). */
    EVEN {
      @Override
      int[] steps(int count, int of) {
        Spacing.fit(count, of);
        double stride = count == 1 ? 0 : (of - 1.0) / (count - 1);
        return every(count, i -> (int) Math.rint(i * stride));
      }
    },
    /** Backwards from the last in strides, rounded: it begins at full noise (Lin et al. 2024). */
    TRAILING {
      @Override
      int[] steps(int count, int of) {
        Spacing.fit(count, of);
        double stride = (double) of / count;
        return every(count, i -> (int) Math.rint(of - (count - 1 - i) * stride) - 1);
      }
    };

    /** So many rising numbers of steps. */
    abstract int[] steps(int count, int of);

    private static int[] every(int count, java.util.function.IntUnaryOperator step) {
      return java.util.stream.IntStream.range(0, count).map(step).toArray();
    }

    private static void fit(int count, int of) {
      if (count < 1 || count > of) {
        throw new IllegalArgumentException(
            "steps: " + count + " (expected: 1 to " + of + ", the path's steps)");
      }
    }

    private static int nearestDivisor(int count, int of) {
      int nearest = 1;
      for (int divisor = 1; divisor <= of; divisor++) {
        if (of % divisor == 0 && Math.abs(divisor - count) < Math.abs(nearest - count)) {
          nearest = divisor;
        }
      }
      return nearest;
    }
  }

  /** Levels as given, 0 or more last. */
  record Levels(List<Double> sigmas) implements Grid {
    public Levels {
      sigmas = List.copyOf(sigmas);
      for (int i = 1; i < sigmas.size(); i++) {
        if (!(sigmas.get(i) < sigmas.get(i - 1))) {
          throw new IllegalArgumentException(
              "sigmas: " + sigmas.get(i) + " (expected: below the one before)");
        }
      }
      if (sigmas.size() < 2 || sigmas.get(sigmas.size() - 1) < 0) {
        throw new IllegalArgumentException(
            "sigmas: " + sigmas + " (expected: two or more, the last 0 or more)");
      }
    }

    @Override
    public double[] sigmas(int steps) {
      if (steps != sigmas.size() - 1) {
        throw new IllegalArgumentException(
            "steps: " + steps + " (expected: " + (sigmas.size() - 1) + ", the grid's levels)");
      }
      return sigmas.stream().mapToDouble(Double::doubleValue).toArray();
    }
  }

  /** The times of levels on a path. */
  static double[] times(double[] sigmas, Path path) {
    return path.time(Numbers.of(sigmas)).values();
  }
}
