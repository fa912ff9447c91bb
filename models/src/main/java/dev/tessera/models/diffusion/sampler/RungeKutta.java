package dev.tessera.models.diffusion.sampler;

import dev.tessera.models.diffusion.space.Discrete;
import dev.tessera.models.diffusion.space.Numbers;
import dev.tessera.models.diffusion.space.Path;
import dev.tessera.models.diffusion.space.VariancePreserving;
import dev.tessera.models.runtime.NativeTensor;
import java.util.List;

/**
 * The probability flow {@code dx_t/dt = a' D + s' (x - D) / sigma} in a path's own time and scale,
 * with steps of {@link DormandPrince}'s choice (Song et al. 2021; dopri5 of flow matching). Only
 * the ends of the grid matter; a step from its last level to 0 denoises. The steps are a batch's:
 * their errors, not their bits, are those of any other batch.
 *
 * @param path whose time is integrated
 * @param rtol error allowed over the size of x_t
 * @param atol error allowed beside it
 */
public record RungeKutta(Path path, double rtol, double atol) implements Sampler {

  public RungeKutta {
    if (path instanceof Discrete) {
      path.dataRate(Numbers.of(0.5));
    }
    if (!(rtol > 0 && atol > 0)) {
      throw new IllegalArgumentException(
          (rtol > 0 ? "atol: " + atol : "rtol: " + rtol) + " (expected: above 0)");
    }
  }

  public static RungeKutta defaults() {
    return new RungeKutta(VariancePreserving.defaults(), 1e-5, 1e-5);
  }

  @Override
  public NativeTensor run(Chain chain, double[] sigmas, NativeTensor x) {
    int last = sigmas.length - 1;
    double lowest = sigmas[last] == 0 ? sigmas[last - 1] : sigmas[last];
    NativeTensor end = flow(chain, sigmas[0], lowest, x);
    if (sigmas[last] > 0) {
      return end;
    }
    try (NativeTensor clean = chain.denoise(end, lowest)) {
      return chain.step(end, clean, Step.towards(0, lowest, 0));
    }
  }

  private NativeTensor flow(Chain chain, double from, double to, NativeTensor x) {
    try (DormandPrince solver = chain.solver(rtol, atol);
        NativeTensor start = chain.replace(x, new double[] {path.scale(from)}, x)) {
      NativeTensor end =
          solver
              .solve(
                  (time, y) -> List.of(velocity(chain, time, y.get(0))),
                  path.time(from),
                  path.time(to),
                  List.of(start))
              .get(0);
      return chain.replace(end, new double[] {1 / path.scale(to)}, end);
    }
  }

  private NativeTensor velocity(Chain chain, double time, NativeTensor scaled) {
    double sigma = path.sigma(time);
    double a = path.scale(sigma);
    try (NativeTensor x = chain.combine(new double[] {1 / a}, scaled);
        NativeTensor clean = chain.denoise(x, sigma)) {
      return velocity(chain, path, time, x, clean);
    }
  }

  /** {@code dx_t/dt} at {@code x = x_t / a}. */
  static NativeTensor velocity(
      Chain chain, Path path, double time, NativeTensor x, NativeTensor clean) {
    double data = path.dataRate(Numbers.of(time)).value();
    double noise = path.noiseRate(Numbers.of(time)).value() / path.sigma(time);
    return chain.combine(new double[] {noise, data - noise}, x, clean);
  }

  @Override
  public int evaluations(double[] sigmas) {
    return sigmas[sigmas.length - 1] == 0 ? 100 : 99;
  }

  @Override
  public boolean stochastic() {
    return false;
  }
}
