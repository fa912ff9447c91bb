package dev.tessera.models.diffusion.space;

/**
 * The VP equation (Song et al. 2021): {@code a^2 + s^2 = 1} with linear beta. DDPM's linear steps
 * are its discretisation.
 *
 * @param betaMin {@code beta(0)}
 * @param betaMax {@code beta(1)}
 */
public record VariancePreserving(double betaMin, double betaMax) implements Path {

  public VariancePreserving {
    new BetaIntegral(betaMin, betaMax);
  }

  public static VariancePreserving defaults() {
    return new VariancePreserving(0.1, 20);
  }

  private BetaIntegral beta() {
    return new BetaIntegral(betaMin, betaMax);
  }

  @Override
  public <R extends Real<R>> R sigma(R time) {
    return beta().at(time).expm1().sqrt();
  }

  @Override
  public <R extends Real<R>> R time(R sigma) {
    return beta().time(sigma.square().log1p());
  }

  @Override
  public <R extends Real<R>> R scale(R sigma) {
    return sigma.square().add(1).sqrt().reciprocal();
  }

  @Override
  public <R extends Real<R>> R dataRate(R time) {
    return beta().beta(time).mul(beta().scale(time)).mul(-0.5);
  }

  /** {@code beta a^2 / (2 s)}. */
  @Override
  public <R extends Real<R>> R noiseRate(R time) {
    R square = beta().at(time).neg();
    return beta().beta(time).mul(square.exp()).mul(0.5).div(square.expm1().neg().sqrt());
  }

  @Override
  public double sigmaMax() {
    return sigma(1.0);
  }
}
