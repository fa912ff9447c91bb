package dev.tessera.models.diffusion.sampler;

import dev.tessera.models.diffusion.law.Law;
import dev.tessera.models.diffusion.law.Mixture;
import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.runtime.Libtorch;
import dev.tessera.models.runtime.NativeTensor;
import dev.tessera.models.runtime.TorchRuntime;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Runs samplers on ideal denoisers, on columns of numbers; registered as an extension. */
final class Bench implements BeforeAllCallback, AfterAllCallback {

  private TorchRuntime runtime;

  @Override
  public void beforeAll(ExtensionContext context) {
    Libtorch.useThreads(1);
    runtime = TorchRuntime.onCpu();
  }

  @Override
  public void afterAll(ExtensionContext context) {
    runtime.close();
  }

  TorchRuntime runtime() {
    return runtime;
  }

  /** The samples that lead from standard normal {@code noise}. */
  double[] run(Sampler sampler, double[] sigmas, Law law, double... noise) {
    return run(sampler, sigmas, law, random(noise.length, 5), noise);
  }

  double[] run(Sampler sampler, double[] sigmas, Law law, NoiseSource source, double... noise) {
    Shape shape = Shape.of(noise.length, 1);
    try (Law.Ideal ideal = law.denoiser(runtime, shape)) {
      return run(sampler, sigmas, ideal, source, noise);
    }
  }

  double[] run(
      Sampler sampler, double[] sigmas, Denoiser denoiser, NoiseSource source, double... noise) {
    try (Chain chain = new Chain(runtime, Shape.of(noise.length, 1));
        NativeTensor start = tensor(noise);
        NativeTensor end = chain.sample(sampler, denoiser, sigmas, start, source)) {
      return end.toDoubles();
    }
  }

  NativeTensor tensor(double... values) {
    NativeTensor tensor = runtime.zeros(DType.FLOAT64, Shape.of(values.length, 1));
    tensor.set(values);
    return tensor;
  }

  static double[] normals(SplittableRandom random, int n) {
    double[] values = new double[n];
    for (int i = 0; i < n; i++) {
      double radius = Math.sqrt(-2 * Math.log(1 - random.nextDouble()));
      values[i] = radius * Math.cos(2 * Math.PI * random.nextDouble());
    }
    return values;
  }

  /** What {@link #random} makes of a draw. */
  static double[] drawn(int n, long seed, int draw) {
    return normals(new SplittableRandom(seed * 1_000_003 + draw), n);
  }

  /** Other numbers at each draw, the same for one seed. */
  NoiseSource random(int n, long seed) {
    return draw -> tensor(drawn(n, seed, draw));
  }

  /**
   * The variance of samples of {@code N(0, variance)} by a sampler that is linear in all it draws,
   * exact in float64: each number drawn is one in a row of its own and zero in the others, and the
   * squares of the rows' results add up.
   */
  double variance(Sampler sampler, double[] sigmas, double variance) {
    Law law = Mixture.gaussian(0, Math.sqrt(variance));
    int[] draws = {0};
    run(
        sampler,
        sigmas,
        law,
        draw -> {
          draws[0]++;
          return tensor(0);
        },
        0);
    int rows = draws[0] + 1;
    NoiseSource impulses = draw -> tensor(impulse(rows, draw + 1));
    double[] responses = run(sampler, sigmas, law, impulses, impulse(rows, 0));
    return Arrays.stream(responses).map(v -> v * v).sum();
  }

  private static double[] impulse(int rows, int row) {
    double[] values = new double[rows];
    values[row] = 1;
    return values;
  }

  /** The mean of {@link Mixture#threeBells} given x, written by hand. */
  static double denoised(double x, double sigma) {
    double[] w = {.3, .5, .2};
    double[] mu = {-1, .2, 1};
    double[] sd = {.2, .3, .1};
    double sum = 0;
    double mean = 0;
    for (int k = 0; k < 3; k++) {
      double total = sd[k] * sd[k] + sigma * sigma;
      double p = w[k] / Math.sqrt(total) * Math.exp(-Math.pow(x - mu[k], 2) / (2 * total));
      sum += p;
      mean += p * (sd[k] * sd[k] * x + sigma * sigma * mu[k]) / total;
    }
    return mean / sum;
  }

  static double rmse(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += Math.pow(a[i] - b[i], 2);
    }
    return Math.sqrt(sum / a.length);
  }
}
