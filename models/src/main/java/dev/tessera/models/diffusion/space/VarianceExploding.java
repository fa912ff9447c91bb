package dev.tessera.models.diffusion.space;

/**
 * The VE equation (Song et al. 2021), SMLD's levels: {@code a = 1}, {@code sigma} a geometric
 * progression in time.
 *
 * @param sigmaMin at time 0
 * @param sigmaMax at time 1
 */
public record VarianceExploding(double sigmaMin, double sigmaMax) implements Path {

  public VarianceExploding {
    if (!(sigmaMin > 0 && sigmaMin < sigmaMax)) {
      throw new IllegalArgumentException(
          "sigmaMin: " + sigmaMin + " (expected: above 0 and below sigmaMax, " + sigmaMax + ")");
    }
  }

  public static VarianceExploding defaults() {
    return new VarianceExploding(0.01, 50);
  }

  private double rate() {
    return Math.log(sigmaMax / sigmaMin);
  }

  @Override
  public <R extends Real<R>> R sigma(R time) {
    return time.mul(rate()).exp().mul(sigmaMin);
  }

  @Override
  public <R extends Real<R>> R time(R sigma) {
    return sigma.mul(1 / sigmaMin).log().mul(1 / rate());
  }

  @Override
  public <R extends Real<R>> R scale(R sigma) {
    return sigma.mul(0).add(1);
  }

  @Override
  public <R extends Real<R>> R dataRate(R time) {
    return time.mul(0);
  }

  @Override
  public <R extends Real<R>> R noiseRate(R time) {
    return sigma(time).mul(rate());
  }
}
