package dev.tessera.models.diffusion.likelihood;

import dev.tessera.models.diffusion.DiffusionModel;
import dev.tessera.models.diffusion.law.Law;
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

/** A denoiser whose Jacobian's trace is taken along the directions of a {@link TraceEstimate}. */
public final class ProbedDenoiser implements TraceDenoiser, AutoCloseable {

  private final TorchRuntime runtime;
  private final TraceEstimate estimate;
  private final Shape shape;
  private final Executable program;
  private final List<NativeTensor> before;
  private final List<NativeTensor> after;
  private final NativeTensor level;
  private final List<NativeTensor> probes = new ArrayList<>();

  /** The program's arguments are {@code before}, x, the level, {@code after}, a direction. */
  private ProbedDenoiser(
      TorchRuntime runtime,
      Program program,
      TraceEstimate estimate,
      Shape shape,
      List<NativeTensor> before,
      List<NativeTensor> after) {
    this.runtime = runtime;
    this.estimate = estimate;
    this.shape = shape;
    this.before = before;
    this.after = after;
    estimate.check(elements());
    this.program = runtime.load(program);
    level = runtime.zeros(DType.FLOAT64, Shape.of());
    for (int k = 0; k < estimate.probes(elements()); k++) {
      probes.add(runtime.zeros(DType.FLOAT64, shape));
    }
    probe(0, 0);
  }

  /**
   * A trained model's.
   *
   * @param weights the flat vector of the denoiser, which belongs to the caller
   * @param label int64 {@code [N]} of a model with classes, otherwise null; the caller's
   */
  public static ProbedDenoiser of(
      TorchRuntime runtime,
      DiffusionModel model,
      int batch,
      TraceEstimate estimate,
      NativeTensor weights,
      NativeTensor label) {
    return new ProbedDenoiser(
        runtime,
        model.probed(batch),
        estimate,
        model.shape(batch),
        List.of(weights),
        label == null ? List.of() : List.of(label));
  }

  /** A known law's best denoiser, of tensors of {@code shape [N, ...]}. */
  public static ProbedDenoiser of(
      TorchRuntime runtime, Law law, TraceEstimate estimate, Shape shape) {
    Trace trace = new Trace("ideal denoiser and trace", Precision.FP64);
    Tensor given = trace.input("x", DType.FLOAT64, shape);
    Tensor sigma = trace.scalar("sigma", DType.FLOAT64);
    Tensor direction = trace.input("direction", DType.FLOAT64, shape);
    Tensor x = given.detach().leaf();
    Tensor clean = law.denoised(x, sigma);
    Tensor along = trace.grad(List.of(clean), List.of(x), List.of(direction), false, false).get(0);
    Shape rows = Shape.of(shape.dim(0), shape.size() / shape.dim(0));
    Tensor product = along.mul(direction).reshape(rows).sum(1).reshape(shape.dim(0));
    return new ProbedDenoiser(
        runtime, trace.finish(clean.detach(), product), estimate, shape, List.of(), List.of());
  }

  private int elements() {
    return Math.toIntExact(shape.size() / shape.dim(0));
  }

  private int batch() {
    return Math.toIntExact(shape.dim(0));
  }

  /** Chooses the directions for pictures {@code first, first + 1, ...} until called again. */
  public void probe(long seed, long first) {
    int d = elements();
    for (int k = 0; k < probes.size(); k++) {
      double[] values = new double[Math.toIntExact(shape.size())];
      for (int i = 0; i < batch(); i++) {
        System.arraycopy(estimate.direction(d, seed, first + i, k), 0, values, i * d, d);
      }
      probes.get(k).set(values);
    }
  }

  @Override
  public Denoised denoise(NativeTensor x, double sigma) {
    level.set(sigma);
    NativeTensor clean = null;
    double[] sums = new double[batch()];
    for (NativeTensor probe : probes) {
      try (Results told = program.run(arguments(x, probe))) {
        double[] products = told.get(1).toDoubles();
        for (int i = 0; i < sums.length; i++) {
          sums[i] += products[i] / probes.size();
        }
        clean = clean == null ? told.take(0) : clean;
      }
    }
    NativeTensor trace = runtime.zeros(DType.FLOAT64, Shape.of(batch()));
    trace.set(sums);
    return new Denoised(clean, trace);
  }

  private List<NativeTensor> arguments(NativeTensor x, NativeTensor probe) {
    List<NativeTensor> arguments = new ArrayList<>(before);
    arguments.add(x);
    arguments.add(level);
    arguments.addAll(after);
    arguments.add(probe);
    return arguments;
  }

  @Override
  public void close() {
    program.close();
    level.close();
    probes.forEach(NativeTensor::close);
  }
}
