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

/** Sizes of float64 tensors {@code [N, ...]} of one shape. */
final class Norms implements AutoCloseable {

  private final Executable mean;
  private final Executable scaled;
  private final NativeTensor absolute;
  private final NativeTensor relative;

  Norms(TorchRuntime runtime, Shape shape) {
    mean = runtime.load(mean(shape));
    scaled = runtime.load(scaled(shape));
    absolute = runtime.zeros(DType.FLOAT64, Shape.of());
    relative = runtime.zeros(DType.FLOAT64, Shape.of());
  }

  private static Program mean(Shape shape) {
    Trace trace = new Trace("mean norm", Precision.FP64);
    Tensor x = trace.input("x", DType.FLOAT64, shape);
    Tensor rows = x.reshape(shape.dim(0), shape.size() / shape.dim(0));
    return trace.finish(rows.square().sum(1).sqrt().meanAll());
  }

  private static Program scaled(Shape shape) {
    Trace trace = new Trace("scaled error", Precision.FP64);
    Tensor error = trace.input("error", DType.FLOAT64, shape);
    Tensor x = trace.input("x", DType.FLOAT64, shape);
    Tensor y = trace.input("y", DType.FLOAT64, shape);
    Tensor a = trace.scalar("absolute", DType.FLOAT64);
    Tensor r = trace.scalar("relative", DType.FLOAT64);
    Tensor allowed = x.abs().maximum(y.abs()).mul(r).add(a);
    return trace.finish(error.div(allowed).square().meanAll().sqrt());
  }

  double mean(NativeTensor x) {
    try (Results results = mean.run(x)) {
      return results.get(0).toDoubles()[0];
    }
  }

  double scaled(NativeTensor error, NativeTensor x, NativeTensor y, double a, double r) {
    absolute.set(a);
    relative.set(r);
    try (Results results = scaled.run(error, x, y, absolute, relative)) {
      return results.get(0).toDoubles()[0];
    }
  }

  @Override
  public void close() {
    mean.close();
    scaled.close();
    absolute.close();
    relative.close();
  }
}
