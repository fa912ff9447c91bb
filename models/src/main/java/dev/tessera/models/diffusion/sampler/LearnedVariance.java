package dev.tessera.models.diffusion.sampler;

import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Precision;
import dev.tessera.models.graph.Program;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.Tensor;
import dev.tessera.models.graph.Trace;
import dev.tessera.models.runtime.Executable;
import dev.tessera.models.runtime.NativeTensor;
import dev.tessera.models.runtime.Results;
import dev.tessera.models.runtime.TorchRuntime;

/** {@code x + exp((f ln large + (1 - f) ln small) / 2) z}, elementwise. */
final class LearnedVariance implements AutoCloseable {

  private final Executable program;
  private final NativeTensor large;
  private final NativeTensor small;

  LearnedVariance(TorchRuntime runtime, Shape shape) {
    program = runtime.load(trace(shape));
    large = runtime.zeros(DType.FLOAT64, Shape.of());
    small = runtime.zeros(DType.FLOAT64, Shape.of());
  }

  private static Program trace(Shape shape) {
    Trace trace = new Trace("learned variance", Precision.FP64);
    Tensor x = trace.input("x", DType.FLOAT64, shape);
    Tensor fraction = trace.input("fraction", DType.FLOAT64, shape);
    Tensor z = trace.input("z", DType.FLOAT64, shape);
    Tensor large = trace.scalar("large", DType.FLOAT64);
    Tensor small = trace.scalar("small", DType.FLOAT64);
    Tensor logs = fraction.mul(large.sub(small)).add(small);
    return trace.finish(x.add(logs.mul(0.5).exp().mul(z)));
  }

  /** Adds noise of the variances whose logarithms are given. */
  NativeTensor add(
      NativeTensor x, NativeTensor fraction, NativeTensor z, double logLarge, double logSmall) {
    large.set(logLarge);
    small.set(logSmall);
    try (Results results = program.run(x, fraction, z, large, small)) {
      return results.take(0);
    }
  }

  @Override
  public void close() {
    program.close();
    large.close();
    small.close();
  }
}
