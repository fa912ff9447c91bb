package dev.tessera.models.diffusion.space;

/**
 * The quarter of a circle, also called GVP: {@code a = cos(pi t / 2)}, {@code s = sin(pi t / 2)}
 * (Nichol and Dhariwal 2021 without their offset; Ma et al. 2024).
 */
public record Cosine() implements Path {

  private static final double QUARTER = Math.PI / 2;

  @Override
  public <R extends Real<R>> R sigma(R time) {
    R angle = time.mul(QUARTER);
    return angle.sin().div(angle.cos().maximum(1 / NOISE_ALONE));
  }

  @Override
  public <R extends Real<R>> R time(R sigma) {
    return sigma.atan().mul(1 / QUARTER);
  }

  @Override
  public <R extends Real<R>> R scale(R sigma) {
    return sigma.square().add(1).sqrt().reciprocal();
  }

  @Override
  public <R extends Real<R>> R dataRate(R time) {
    return time.mul(QUARTER).sin().mul(-QUARTER);
  }

  @Override
  public <R extends Real<R>> R noiseRate(R time) {
    return time.mul(QUARTER).cos().mul(QUARTER);
  }

  @Override
  public double sigmaMax() {
    return NOISE_ALONE;
  }
}
