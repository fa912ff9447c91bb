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
import java.util.ArrayList;
import java.util.List;

/** A weighted sum of float64 tensors of one shape, the weights given at each call. */
final class LinearCombination implements AutoCloseable {

  private final Executable executable;
  private final List<NativeTensor> weights = new ArrayList<>();

  LinearCombination(TorchRuntime runtime, Shape shape, int terms) {
    executable = runtime.load(program(shape, terms));
    for (int i = 0; i < terms; i++) {
      weights.add(runtime.zeros(DType.FLOAT64, Shape.of()));
    }
  }

  private static Program program(Shape shape, int terms) {
    Trace trace = new Trace("linear combination", Precision.FP64);
    List<Tensor> values = new ArrayList<>();
    List<Tensor> factors = new ArrayList<>();
    for (int i = 0; i < terms; i++) {
      values.add(trace.input("x" + i, DType.FLOAT64, shape));
    }
    for (int i = 0; i < terms; i++) {
      factors.add(trace.scalar("w" + i, DType.FLOAT64));
    }
    Tensor sum = values.get(0).mul(factors.get(0));
    for (int i = 1; i < terms; i++) {
      sum = sum.add(values.get(i).mul(factors.get(i)));
    }
    return trace.finish(sum);
  }

  /** The sum, owned by the caller. */
  NativeTensor of(double[] factors, NativeTensor... values) {
    List<NativeTensor> arguments = new ArrayList<>(List.of(values));
    for (int i = 0; i < factors.length; i++) {
      weights.get(i).set(factors[i]);
      arguments.add(weights.get(i));
    }
    try (Results results = executable.run(arguments)) {
      return results.take(0);
    }
  }

  @Override
  public void close() {
    executable.close();
    weights.forEach(NativeTensor::close);
  }
}
