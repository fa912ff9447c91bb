package dev.tessera.models.diffusion.sampler;

import dev.tessera.models.diffusion.law.Law;
import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.runtime.Libtorch;
import dev.tessera.models.runtime.NativeTensor;
import dev.tessera.models.runtime.TorchRuntime;
import java.util.Arrays;
import java.util.SplittableRandom;

/** Runs samplers on ideal denoisers, on columns of numbers. */
final class Bench implements AutoCloseable {

  final TorchRuntime runtime;

  Bench() {
    Libtorch.useThreads(1);
    runtime = TorchRuntime.onCpu();
  }

  /** The samples that lead from standard normal {@code noise}. */
  double[] run(Sampler sampler, double[] sigmas, Law law, double... noise) {
    return run(sampler, sigmas, law, random(runtime, noise.length, 5), noise);
  }

  double[] run(Sampler sampler, double[] sigmas, Law law, NoiseSource source, double... noise) {
    Shape shape = Shape.of(noise.length, 1);
    try (Chain chain = new Chain(runtime, shape);
        Law.Ideal ideal = law.denoiser(runtime, shape);
        NativeTensor start = tensor(noise);
        NativeTensor end = chain.sample(sampler, ideal, sigmas, start, source)) {
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

  /** Other numbers at each draw, the same for one seed. */
  static NoiseSource random(TorchRuntime runtime, int n, long seed) {
    return draw -> {
      NativeTensor tensor = runtime.zeros(DType.FLOAT64, Shape.of(n, 1));
      tensor.set(normals(new SplittableRandom(seed * 1_000_003 + draw), n));
      return tensor;
    };
  }

  static double variance(double[] values) {
    double mean = Arrays.stream(values).average().orElseThrow();
    return Arrays.stream(values).map(v -> (v - mean) * (v - mean)).sum() / values.length;
  }

  static double rmse(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += Math.pow(a[i] - b[i], 2);
    }
    return Math.sqrt(sum / a.length);
  }

  @Override
  public void close() {
    runtime.close();
  }
}
