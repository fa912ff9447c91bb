package dev.tessera.models.diffusion.space;

/**
 * The sub-VP equation (Song et al. 2021): VP's {@code a} with {@code s = 1 - a^2}.
 *
 * @param betaMin {@code beta(0)}
 * @param betaMax {@code beta(1)}
 */
public record SubVariancePreserving(double betaMin, double betaMax) implements Path {

  public SubVariancePreserving {
    new BetaIntegral(betaMin, betaMax);
  }

  public static SubVariancePreserving defaults() {
    return new SubVariancePreserving(0.1, 20);
  }

  private BetaIntegral beta() {
    return new BetaIntegral(betaMin, betaMax);
  }

  /** {@code (1 - a^2) / a}, which is {@code 2 sinh(B / 2)}. */
  @Override
  public <R extends Real<R>> R sigma(R time) {
    R half = beta().at(time).mul(0.5);
    return half.expm1().sub(half.neg().expm1());
  }

  /** {@code B = 2 asinh(sigma / 2)}. */
  @Override
  public <R extends Real<R>> R time(R sigma) {
    R half = sigma.mul(0.5);
    R square = half.square();
    R root = square.add(1).sqrt();
    // asinh(y) = log1p(y + y^2 / (1 + sqrt(1 + y^2)))
    return beta().time(half.add(square.div(root.add(1))).log1p().mul(2));
  }

  /** The positive root of {@code a^2 + sigma a = 1}. */
  @Override
  public <R extends Real<R>> R scale(R sigma) {
    R root = sigma.square().add(4).sqrt();
    return root.add(sigma).reciprocal().mul(2);
  }

  @Override
  public <R extends Real<R>> R dataRate(R time) {
    return beta().beta(time).mul(beta().scale(time)).mul(-0.5);
  }

  @Override
  public <R extends Real<R>> R noiseRate(R time) {
    return beta().beta(time).mul(beta().at(time).neg().exp());
  }

  @Override
  public double sigmaMax() {
    return sigma(1.0);
  }
}
