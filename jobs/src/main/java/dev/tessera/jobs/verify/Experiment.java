package dev.tessera.jobs.verify;

import dev.tessera.models.diffusion.law.Law;
import dev.tessera.models.diffusion.sampler.Chain;
import dev.tessera.models.diffusion.sampler.Denoiser;
import dev.tessera.models.diffusion.sampler.NoiseSource;
import dev.tessera.models.diffusion.sampler.Sampler;
import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Hash;
import dev.tessera.models.graph.Initializer;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.runtime.NativeTensor;
import dev.tessera.models.runtime.TorchRuntime;
import java.util.Arrays;
import java.util.stream.IntStream;

/** Runs real samplers on ideal denoisers, on columns of numbers in float64. */
final class Experiment {

  private final TorchRuntime runtime;

  Experiment(TorchRuntime runtime) {
    this.runtime = runtime;
  }

  /** The samples that lead from standard normal {@code starts}, with keyed noise on the way. */
  double[] run(Sampler sampler, double[] sigmas, Law law, double... starts) {
    return run(sampler, sigmas, law, draw -> tensor(normals(starts.length, 5, draw)), starts);
  }

  /**
   * The standard deviation of what a sampler makes of starts of variance 1, if it is linear in
   * starts and noise, as all are on a Gaussian whose steps do not depend on their state. It is
   * exact: every number drawn is one in a row of its own and zero in the others, and the rows'
   * results are the responses, whose squares add up.
   */
  double deviation(Sampler sampler, double[] sigmas, Law gaussian) {
    int draws = draws(sampler, sigmas, gaussian);
    double[] starts = new double[draws + 1];
    starts[draws] = 1;
    NoiseSource impulses = draw -> tensor(impulse(draws + 1, draw));
    double[] responses = run(sampler, sigmas, gaussian, impulses, starts);
    return Math.sqrt(Arrays.stream(responses).map(v -> v * v).sum());
  }

  private int draws(Sampler sampler, double[] sigmas, Law law) {
    int[] draws = {0};
    NoiseSource counted =
        draw -> {
          draws[0]++;
          return tensor(0);
        };
    run(sampler, sigmas, law, counted, 0);
    return draws[0];
  }

  private static double[] impulse(int rows, int row) {
    double[] values = new double[rows];
    values[row] = 1;
    return values;
  }

  double[] run(Sampler sampler, double[] sigmas, Law law, NoiseSource source, double... starts) {
    try (Law.Ideal ideal = law.denoiser(runtime, Shape.of(starts.length, 1))) {
      return run(sampler, sigmas, ideal, source, starts);
    }
  }

  double[] run(
      Sampler sampler, double[] sigmas, Denoiser denoiser, NoiseSource source, double... starts) {
    try (Chain chain = new Chain(runtime, Shape.of(starts.length, 1));
        NativeTensor start = tensor(starts);
        NativeTensor end = chain.sample(sampler, denoiser, sigmas, start, source)) {
      return end.toDoubles();
    }
  }

  TorchRuntime runtime() {
    return runtime;
  }

  NativeTensor tensor(double... values) {
    NativeTensor tensor = runtime.zeros(DType.FLOAT64, Shape.of(values.length, 1));
    tensor.set(values);
    return tensor;
  }

  /** Standard normal numbers. */
  static double[] normals(int n, long seed, long draw) {
    float[] values = new Initializer.Normal(1).values(Shape.of(n), Hash.of(seed, draw));
    return IntStream.range(0, n).mapToDouble(i -> values[i]).toArray();
  }

  /** Standard normal numbers, moved and scaled to mean 0 and variance 1. */
  static double[] standardised(int n, long seed) {
    double[] values = normals(n, seed, 0);
    double mean = Arrays.stream(values).average().orElseThrow();
    double deviation = deviation(values);
    return Arrays.stream(values).map(v -> (v - mean) / deviation).toArray();
  }

  static double deviation(double... values) {
    double mean = Arrays.stream(values).average().orElseThrow();
    double squares = Arrays.stream(values).map(v -> (v - mean) * (v - mean)).sum();
    return Math.sqrt(squares / values.length);
  }

  static double rmse(double[] a, double[] b) {
    return Math.sqrt(
        IntStream.range(0, a.length).mapToDouble(i -> Math.pow(a[i] - b[i], 2)).sum() / a.length);
  }

  static double farthest(double[] a, double[] b) {
    return IntStream.range(0, a.length).mapToDouble(i -> Math.abs(a[i] - b[i])).max().orElse(0);
  }
}
