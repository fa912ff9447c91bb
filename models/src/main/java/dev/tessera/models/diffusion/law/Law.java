package dev.tessera.models.diffusion.law;

import dev.tessera.models.diffusion.sampler.Denoiser;
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
import java.io.Serializable;

/** A law of the data. */
public sealed interface Law extends Serializable permits Mixture, Points {

  /** {@code E[x0 | x0 + sigma eps = x]}; all float64, sigma without dimensions. */
  Tensor denoised(Tensor x, Tensor sigma);

  /** Mean of each element. */
  double mean();

  /** Standard deviation of each element. */
  double deviation();

  /** The best denoiser of tensors of {@code shape}. */
  default Ideal denoiser(TorchRuntime runtime, Shape shape) {
    Trace trace = new Trace("ideal denoiser", Precision.FP64);
    Tensor x = trace.input("x", DType.FLOAT64, shape);
    Tensor sigma = trace.scalar("sigma", DType.FLOAT64);
    return new Ideal(runtime, trace.finish(denoised(x, sigma)));
  }

  /** A denoiser of known form, which counts its calls. */
  final class Ideal implements Denoiser, AutoCloseable {

    private final Executable program;
    private final NativeTensor level;
    private int calls;

    private Ideal(TorchRuntime runtime, Program program) {
      this.program = runtime.load(program);
      this.level = runtime.zeros(DType.FLOAT64, Shape.of());
    }

    @Override
    public NativeTensor denoise(NativeTensor x, double sigma) {
      calls++;
      level.set(sigma);
      try (Results results = program.run(x, level)) {
        return results.take(0);
      }
    }

    public int calls() {
      return calls;
    }

    @Override
    public void close() {
      program.close();
      level.close();
    }
  }
}
