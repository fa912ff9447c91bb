package dev.tessera.jobs.gallery;

import dev.tessera.models.diffusion.DiffusionModel;
import dev.tessera.models.diffusion.DiffusionObjective;
import dev.tessera.models.diffusion.DiffusionRecipe;
import dev.tessera.models.diffusion.Signal;
import dev.tessera.models.diffusion.sampler.Chain;
import dev.tessera.models.diffusion.sampler.Denoiser;
import dev.tessera.models.diffusion.sampler.Drawing;
import dev.tessera.models.diffusion.sampler.NoiseSource;
import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Hash;
import dev.tessera.models.graph.Initializer;
import dev.tessera.models.graph.Segmentation;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.runtime.Executable;
import dev.tessera.models.runtime.NativeTensor;
import dev.tessera.models.runtime.Results;
import dev.tessera.models.runtime.TorchRuntime;
import dev.tessera.models.train.SingleProcess;
import dev.tessera.models.train.StepReport;
import dev.tessera.models.train.TrainingLoop;
import dev.tessera.models.train.TrainingSchedule;
import dev.tessera.models.train.TrainingState;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Optional;

/** A model of points of the plane, trained on a {@link Tree} by the loop that trains pictures. */
final class ToyModel implements AutoCloseable {

  private static final int SHARDS = 1;

  private final TorchRuntime runtime;
  private final DiffusionModel model;
  private final int points;
  private final TrainingLoop loop;
  private final Chain chain;
  private final Executable denoiser;
  private final Executable stored;
  private final NativeTensor level;

  /** Trains; {@code points} are drawn at a time. */
  ToyModel(
      TorchRuntime runtime,
      DiffusionRecipe recipe,
      Signal signal,
      Tree tree,
      TrainingSchedule schedule,
      int points) {
    this.runtime = runtime;
    this.points = points;
    model = new DiffusionModel(recipe, signal, 0);
    loop =
        new TrainingLoop(
            runtime,
            new DiffusionObjective(model, SHARDS, schedule.batch(), Segmentation.WHOLE),
            schedule,
            new SingleProcess(),
            (shard, first, count, columns) -> fill(tree, first, count, columns));
    loop.run(
        new TrainingLoop.Observer() {
          @Override
          public void onStep(StepReport report) {}

          @Override
          public void onCheckpoint(TrainingState state) {}
        });
    chain = new Chain(runtime, model.shape(points));
    denoiser = runtime.load(model.denoiser(points, false));
    stored = runtime.load(model.stored(points));
    level = runtime.zeros(DType.FLOAT64, Shape.of());
  }

  private static void fill(Tree tree, long first, int count, Map<String, ByteBuffer> columns) {
    ByteBuffer target = columns.get("latent");
    for (float value : tree.samples(first, count)) {
      target.putFloat(value);
    }
  }

  /** Points {@code [points][2]}. */
  float[] draw(Drawing drawing, long seed) {
    NativeTensor weights = loop.state().average(DiffusionModel.DENOISER);
    Denoiser trained = new Trained(weights);
    NoiseSource noise = draw -> normal(Hash.of(seed, draw));
    try (NativeTensor start = normal(Hash.of(seed, -1));
        NativeTensor end =
            chain.sample(drawing.sampler(), trained, drawing.sigmas(), start, noise);
        Results values = stored.run(end)) {
      return values.get(0).toFloats();
    }
  }

  private final class Trained implements Denoiser {

    private final NativeTensor weights;

    Trained(NativeTensor weights) {
      this.weights = weights;
    }

    @Override
    public NativeTensor denoise(NativeTensor x, double sigma) {
      try (Results told = told(x, sigma)) {
        return told.take(0);
      }
    }

    @Override
    public Optional<Estimate> estimate(NativeTensor x, double sigma) {
      if (!model.recipe().learnsVariance()) {
        return Optional.empty();
      }
      try (Results told = told(x, sigma)) {
        return Optional.of(new Estimate(told.take(0), told.take(1)));
      }
    }

    private Results told(NativeTensor x, double sigma) {
      level.set(sigma);
      return denoiser.run(weights, x, level);
    }
  }

  private NativeTensor normal(long key) {
    Shape shape = model.shape(points);
    float[] values = new Initializer.Normal(1).values(shape, key);
    double[] wide = new double[values.length];
    for (int i = 0; i < wide.length; i++) {
      wide[i] = values[i];
    }
    NativeTensor tensor = runtime.zeros(DType.FLOAT64, shape);
    tensor.set(wide);
    return tensor;
  }

  @Override
  public void close() {
    loop.close();
    chain.close();
    denoiser.close();
    stored.close();
    level.close();
  }
}
