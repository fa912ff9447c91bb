package dev.tessera.models.optimizer;

import java.io.Serializable;

/** How the learning rate changes over a run, apart from its rise and its fall at the ends. */
public sealed interface RateSchedule extends Serializable {

  /**
   * Factor of the rate.
   *
   * @param images seen before the step
   * @param length of the run in images
   */
  double factor(long images, long length);

  /** Always 1. */
  record Constant() implements RateSchedule {
    @Override
    public double factor(long images, long length) {
      return 1;
    }
  }

  /**
   * Half a cosine from 1 to {@code last} over the run (Loshchilov and Hutter 2017).
   *
   * @param last factor at the run's end
   */
  record Cosine(double last) implements RateSchedule {
    public Cosine {
      if (!(last >= 0 && last <= 1)) {
        throw new IllegalArgumentException("last: " + last + " (expected: 0 to 1)");
      }
    }

    public static Cosine defaults() {
      return new Cosine(0);
    }

    @Override
    public double factor(long images, long length) {
      double done = Math.min(1, (double) images / length);
      return last + (1 - last) * (1 + Math.cos(Math.PI * done)) / 2;
    }
  }

  /**
   * 1 up to {@code images}, then falling as the inverse square root of the images seen, as EDM2
   * trains (Karras et al. 2024, equation 67).
   *
   * @param images where the fall begins; EDM2's 70,000 steps of 2048
   */
  record InverseSquareRoot(long images) implements RateSchedule {
    public InverseSquareRoot {
      if (images < 1) {
        throw new IllegalArgumentException("images: " + images + " (expected: 1 or more)");
      }
    }

    @Override
    public double factor(long seen, long length) {
      return 1 / Math.sqrt(Math.max(1, (double) seen / images));
    }
  }
}
