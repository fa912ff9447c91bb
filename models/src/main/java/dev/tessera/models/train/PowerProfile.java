package dev.tessera.models.train;

/**
 * An average over training whose weight at time {@code t <= T} is proportional to {@code
 * t^exponent} (Karras et al. 2024, "Analyzing and improving the training dynamics of diffusion
 * models", section 3). It covers the same share of the run at any T.
 *
 * @param exponent gamma, 0 or more
 */
public record PowerProfile(double exponent) {

  /** Of the uniform average, whose exponent is 0. */
  private static final double WIDEST = Math.sqrt(1.0 / 12);

  public PowerProfile {
    if (!(exponent >= 0)) {
      throw new IllegalArgumentException("exponent: " + exponent + " (expected: 0 or more)");
    }
  }

  /**
   * The average whose weights have this standard deviation in time, as a share of the run's length.
   * Deviations fall with the exponent, so there is one.
   */
  public static PowerProfile ofDeviation(double deviation) {
    if (!(deviation > 0 && deviation < WIDEST)) {
      throw new IllegalArgumentException(
          "deviation: " + deviation + " (expected: above 0, below 0.2886)");
    }
    double low = 0;
    double high = 1;
    while (new PowerProfile(high).deviation() > deviation) {
      high *= 2;
    }
    for (int i = 0; i < 200; i++) {
      double middle = (low + high) / 2;
      if (new PowerProfile(middle).deviation() > deviation) {
        low = middle;
      } else {
        high = middle;
      }
    }
    return new PowerProfile((low + high) / 2);
  }

  /** Standard deviation of the weights in time, as a share of the run's length. */
  public double deviation() {
    double g = exponent;
    return Math.sqrt((g + 1) / ((g + 2) * (g + 2) * (g + 3)));
  }

  /**
   * The factor that the average keeps at an update (equation 127).
   *
   * @param images seen with this update's
   * @param batch images of this update
   */
  public double keep(long images, int batch) {
    return Math.pow(1 - (double) batch / images, exponent + 1);
  }

  /**
   * The inner product of this average's weights at {@code time} with another's, both of mass 1
   * (equation 161); times in any one unit.
   */
  public double product(double time, PowerProfile other, double otherTime) {
    double longer = Math.max(time, otherTime);
    double shorter = Math.min(time, otherTime);
    // Only where both have weight: the shorter one's whole time, a power of its share of the
    // longer.
    double power = time < otherTime ? other.exponent : exponent;
    double share = Math.pow(shorter / longer, power);
    return (exponent + 1)
        * (other.exponent + 1)
        * share
        / ((exponent + other.exponent + 1) * longer);
  }
}
