package dev.tessera.models.train;

import dev.tessera.models.checkpoint.VectorName;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** How a group's parameters are averaged over the run; samples are drawn with the average. */
public sealed interface EmaRecipe extends Serializable {

  /**
   * What a checkpoint calls each average; the first is the one that samples are drawn with, {@code
   * ema}.
   */
  default List<String> names() {
    return List.of(VectorName.AVERAGE);
  }

  /**
   * The factor that an average keeps at an update.
   *
   * @param average which of {@link #names}
   * @param images seen with this update's
   * @param batch images of this update
   */
  double keep(int average, long images, int batch);

  /** Whether every checkpoint leaves a snapshot of the averages that outlives it. */
  default boolean leavesSnapshots() {
    return false;
  }

  static EmaRecipe defaults() {
    return HalfLife.defaults();
  }

  /**
   * In images seen: the half-life grows with the run until it reaches its full length (Karras et
   * al. 2022, appendix F).
   *
   * @param halfLifeImages images after which a parameter's weight has halved
   * @param rampup largest half-life as a fraction of the images seen so far
   */
  record HalfLife(double halfLifeImages, double rampup) implements EmaRecipe {

    public HalfLife {
      requirePositive("halfLifeImages", halfLifeImages);
      requirePositive("rampup", rampup);
    }

    public static HalfLife defaults() {
      return new HalfLife(500_000, 0.05);
    }

    @Override
    public double keep(int average, long images, int batch) {
      double halfLife = Math.min(halfLifeImages, Math.max(rampup * images, 1e-8));
      return Math.pow(0.5, batch / halfLife);
    }
  }

  /**
   * The same factor at every update, whatever the batch; with a ramp {@code (1 + n) / (10 + n)}
   * after n updates as long as that is less (Song et al. 2021).
   *
   * @param decay the factor, for instance 0.9999
   */
  record Decay(double decay, boolean rampup) implements EmaRecipe {

    public Decay {
      if (!(decay >= 0 && decay < 1)) {
        throw new IllegalArgumentException("decay: " + decay + " (expected: 0 or more, below 1)");
      }
    }

    public static Decay defaults() {
      return new Decay(0.9999, true);
    }

    @Override
    public double keep(int average, long images, int batch) {
      double updates = (double) images / batch;
      return rampup ? Math.min(decay, (1 + updates) / (10 + updates)) : decay;
    }
  }

  /**
   * Averages whose weights are a power of the time, so that each covers the same share of the run
   * at any moment (Karras et al. 2024, section 3). Every checkpoint leaves a snapshot of them, from
   * which {@code tessera ema} makes the average of any other length after training.
   *
   * @param deviations relative standard deviations of the averages' weights in time, each between 0
   *     and 0.28; EDM2's 0.05 and 0.1
   */
  record PowerFunction(List<Double> deviations) implements EmaRecipe {

    private static final double LEAST_RATIO = 1.01;

    public PowerFunction {
      deviations = List.copyOf(deviations);
      if (deviations.isEmpty()) {
        throw new IllegalArgumentException("deviations: [] (expected: one or more)");
      }
      deviations.forEach(PowerProfile::ofDeviation);
      double[] rising = deviations.stream().mapToDouble(Double::doubleValue).sorted().toArray();
      for (int i = 1; i < rising.length; i++) {
        // Averages that nearly agree tell nothing of each other, and their sums cancel.
        if (rising[i] < rising[i - 1] * LEAST_RATIO) {
          throw new IllegalArgumentException(
              "deviations: " + deviations + " (expected: no two alike, to a hundredth)");
        }
      }
    }

    public static PowerFunction defaults() {
      return new PowerFunction(List.of(0.05, 0.1));
    }

    @Override
    public List<String> names() {
      List<String> names = new ArrayList<>(List.of(VectorName.AVERAGE));
      for (double deviation : deviations.subList(1, deviations.size())) {
        names.add(String.format(Locale.ROOT, VectorName.AVERAGE + "-%s", deviation));
      }
      return names;
    }

    @Override
    public boolean leavesSnapshots() {
      return true;
    }

    /** Of one average. */
    public PowerProfile profile(int average) {
      return PowerProfile.ofDeviation(deviations.get(average));
    }

    @Override
    public double keep(int average, long images, int batch) {
      return profile(average).keep(images, batch);
    }
  }

  private static void requirePositive(String name, double value) {
    if (!(value > 0)) {
      throw new IllegalArgumentException(name + ": " + value + " (expected: above 0)");
    }
  }
}
