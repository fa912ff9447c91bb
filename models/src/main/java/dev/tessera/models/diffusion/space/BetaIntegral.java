package dev.tessera.models.diffusion.space;

/**
 * Linear {@code beta(t) = betaMin + (betaMax - betaMin) t}, and {@code B(t)}, its integral from 0,
 * which is {@code -2 ln a(t)} (Song et al. 2021).
 */
record BetaIntegral(double betaMin, double betaMax) {

  BetaIntegral {
    if (!(betaMin > 0 && betaMin < betaMax)) {
      throw new IllegalArgumentException(
          "betaMin: " + betaMin + " (expected: above 0 and below betaMax, " + betaMax + ")");
    }
  }

  private double slope() {
    return betaMax - betaMin;
  }

  <R extends Real<R>> R beta(R time) {
    return time.mul(slope()).add(betaMin);
  }

  /** {@code B(t)}. */
  <R extends Real<R>> R at(R time) {
    return time.mul(time.mul(slope() / 2).add(betaMin));
  }

  /** The time at which the integral has a value; without the cancellation of the usual root. */
  <R extends Real<R>> R time(R integral) {
    R root = integral.mul(2 * slope()).add(betaMin * betaMin).sqrt();
    return integral.mul(2).div(root.add(betaMin));
  }

  /** {@code a(t)}. */
  <R extends Real<R>> R scale(R time) {
    return at(time).mul(-0.5).exp();
  }
}
