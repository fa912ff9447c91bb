package dev.tessera.models.diffusion.likelihood;

import dev.tessera.models.diffusion.sampler.DormandPrince;
import dev.tessera.models.diffusion.space.Path;
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

/**
 * The log density of data under a denoiser, by the probability flow (Song et al. 2021, appendix
 * D.2): the flow carries data to noise of known density, and the integral of its divergence tells
 * how it stretches space on the way. Data are {@code x_t} at the first time. All pictures of a
 * batch take the solver's steps together, so a density depends on its batch within the tolerance.
 */
public final class FlowLikelihood implements AutoCloseable {

  private final Path path;
  private final LikelihoodRecipe recipe;
  private final TorchRuntime runtime;
  private final Shape shape;
  private final DormandPrince solver;
  private final Executable seen;
  private final Executable field;
  private final List<NativeTensor> numbers = new ArrayList<>();

  /**
   * Of data of one shape.
   *
   * @param path the flow's, of continuous time
   * @param shape {@code [N, ...]}
   */
  public FlowLikelihood(TorchRuntime runtime, Path path, LikelihoodRecipe recipe, Shape shape) {
    this.path = path;
    this.recipe = recipe;
    this.runtime = runtime;
    this.shape = shape;
    Shape rows = Shape.of(shape.dim(0));
    solver = new DormandPrince(runtime, List.of(shape, rows), recipe.rtol(), recipe.atol());
    seen = runtime.load(seen(shape));
    field = runtime.load(field(shape, rows));
    for (int i = 0; i < 4; i++) {
      numbers.add(runtime.zeros(DType.FLOAT64, Shape.of()));
    }
  }

  /** {@code x / a}. */
  private static Program seen(Shape shape) {
    Trace trace = new Trace("x0 + sigma eps", Precision.FP64);
    Tensor x = trace.input("x", DType.FLOAT64, shape);
    return trace.finish(x.mul(trace.scalar("k", DType.FLOAT64)));
  }

  /** x' and its divergence. */
  private static Program field(Shape shape, Shape rows) {
    Trace trace = new Trace("flow and divergence", Precision.FP64);
    Tensor x = trace.input("x", DType.FLOAT64, shape);
    Tensor clean = trace.input("clean", DType.FLOAT64, shape);
    Tensor stretch = trace.input("trace", DType.FLOAT64, rows);
    Tensor ofState = trace.scalar("of_state", DType.FLOAT64);
    Tensor ofClean = trace.scalar("of_clean", DType.FLOAT64);
    Tensor ofTrace = trace.scalar("of_trace", DType.FLOAT64);
    double elements = (double) shape.size() / shape.dim(0);
    return trace.finish(
        x.mul(ofState).add(clean.mul(ofClean)), stretch.mul(ofTrace).add(ofState.mul(elements)));
  }

  /**
   * What following the flow told.
   *
   * @param noise {@code x_t} at the last time, float64
   * @param nats natural logarithm of the density of each picture
   * @param evaluations calls of the denoiser
   */
  public record Flowed(NativeTensor noise, List<Double> nats, int evaluations)
      implements AutoCloseable {
    @Override
    public void close() {
      noise.close();
    }
  }

  /**
   * Follows the flow from data to noise.
   *
   * @param data float64; not changed
   * @return owned by the caller
   * @throws IllegalStateException if the flow is too stiff for the tolerance
   */
  public Flowed follow(TraceDenoiser denoiser, NativeTensor data) {
    double first = path.time(recipe.sigmaMin());
    double last = path.time(recipe.sigmaMax());
    int before = solver.evaluations();
    try (NativeTensor none = runtime.zeros(DType.FLOAT64, Shape.of(shape.dim(0)))) {
      List<NativeTensor> end =
          solver.solve(
              (time, state) -> slope(denoiser, time, state.get(0)),
              first,
              last,
              List.of(data, none));
      try (NativeTensor stretched = end.get(1)) {
        List<Double> nats = nats(end.get(0).toDoubles(), stretched.toDoubles());
        return new Flowed(end.get(0), nats, solver.evaluations() - before);
      }
    }
  }

  private List<NativeTensor> slope(TraceDenoiser denoiser, double time, NativeTensor x) {
    Flow at = Flow.at(path, time);
    numbers.get(0).set(1 / at.scale());
    numbers.get(1).set(at.ofState());
    numbers.get(2).set(at.ofClean());
    numbers.get(3).set(at.ofTrace());
    try (Results unscaled = seen.run(x, numbers.get(0));
        TraceDenoiser.Denoised told = denoiser.denoise(unscaled.get(0), at.sigma());
        Results slopes =
            field.run(
                x, told.clean(), told.trace(), numbers.get(1), numbers.get(2), numbers.get(3))) {
      return List.of(slopes.take(0), slopes.take(1));
    }
  }

  private List<Double> nats(double[] noise, double[] stretched) {
    double variance = Flow.priorVariance(path, recipe.sigmaMax());
    int elements = noise.length / stretched.length;
    List<Double> nats = new ArrayList<>();
    for (int i = 0; i < stretched.length; i++) {
      double squares = 0;
      for (int j = i * elements; j < (i + 1) * elements; j++) {
        squares += noise[j] * noise[j];
      }
      double prior = -squares / (2 * variance) - elements * Math.log(2 * Math.PI * variance) / 2;
      nats.add(prior + stretched[i]);
    }
    return nats;
  }

  @Override
  public void close() {
    solver.close();
    seen.close();
    field.close();
    numbers.forEach(NativeTensor::close);
  }
}
