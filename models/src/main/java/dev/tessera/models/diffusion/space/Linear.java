package dev.tessera.models.diffusion.space;

/** Flow matching's straight path (Lipman et al. 2023): {@code x_t = (1 - t) x0 + t eps}. */
public record Linear() implements Path {

  @Override
  public <R extends Real<R>> R sigma(R time) {
    return time.div(time.neg().add(1)).minimum(NOISE_ALONE);
  }

  @Override
  public <R extends Real<R>> R time(R sigma) {
    return sigma.div(sigma.add(1));
  }

  @Override
  public <R extends Real<R>> R scale(R sigma) {
    return sigma.add(1).reciprocal();
  }

  @Override
  public <R extends Real<R>> R dataRate(R time) {
    return time.mul(0).add(-1);
  }

  @Override
  public <R extends Real<R>> R noiseRate(R time) {
    return time.mul(0).add(1);
  }

  @Override
  public double sigmaMax() {
    return NOISE_ALONE;
  }
}
