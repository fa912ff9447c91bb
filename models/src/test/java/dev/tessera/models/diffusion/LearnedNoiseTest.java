package dev.tessera.models.diffusion;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.tessera.models.diffusion.space.Betas;
import dev.tessera.models.diffusion.space.Discrete;
import dev.tessera.models.diffusion.space.NoiseDistribution;
import dev.tessera.models.diffusion.space.Preconditioning;
import dev.tessera.models.diffusion.space.Prediction;
import dev.tessera.models.diffusion.space.Traced;
import dev.tessera.models.diffusion.space.Weighting;
import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Hash;
import dev.tessera.models.graph.Initializer;
import dev.tessera.models.graph.Precision;
import dev.tessera.models.graph.Program;
import dev.tessera.models.graph.Segmentation;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.Trace;
import dev.tessera.models.nn.BackboneRecipe;
import dev.tessera.models.optimizer.AdamW;
import dev.tessera.models.runtime.Executable;
import dev.tessera.models.runtime.Libtorch;
import dev.tessera.models.runtime.NativeTensor;
import dev.tessera.models.runtime.Results;
import dev.tessera.models.runtime.TorchRuntime;
import dev.tessera.models.train.EmaRecipe;
import dev.tessera.models.train.OptimizerRecipe;
import dev.tessera.models.train.SingleProcess;
import dev.tessera.models.train.StepReport;
import dev.tessera.models.train.TrainingLoop;
import dev.tessera.models.train.TrainingSchedule;
import dev.tessera.models.train.TrainingState;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Map;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * What is learned beside the denoised data, on normal data of standard deviation s, where all of it
 * is known: {@code Var(x0 | x) = s^2 sigma^2 / (s^2 + sigma^2)}.
 */
final class LearnedNoiseTest {

  private static final int BATCH = 256;
  private static final int WIDTH = 4;
  private static TorchRuntime runtime;

  @BeforeAll
  static void open() {
    Libtorch.useThreads(1);
    runtime = TorchRuntime.onCpu();
  }

  @AfterAll
  static void close() {
    runtime.close();
  }

  /**
   * @param deviation s, in the units in which the recipe expects 1/2
   */
  private static void train(
      DiffusionRecipe recipe,
      double deviation,
      int steps,
      BiConsumer<DiffusionModel, NativeTensor> then) {
    DiffusionRecipe whole =
        recipe
            .with(new BackboneRecipe.Mlp(32, 2))
            .withClasses(false, 0)
            .with(
                new OptimizerRecipe(AdamW.defaults(), 4e-3).with(BATCH * 10L, 0.6),
                new EmaRecipe.HalfLife(20.0 * BATCH, 0.1));
    DiffusionModel model = new DiffusionModel(whole, Signal.latents(WIDTH, 1, 1, 0, 0.5), 0);
    try (TrainingLoop loop =
        new TrainingLoop(
            runtime,
            new DiffusionObjective(model, 1, BATCH, Segmentation.WHOLE),
            new TrainingSchedule(9, BATCH, 1, (long) steps * BATCH, 1L << 40),
            new SingleProcess(),
            (shard, first, count, columns) -> fill(first, count, deviation, columns))) {
      loop.run(
          new TrainingLoop.Observer() {
            @Override
            public void onStep(StepReport report) {}

            @Override
            public void onCheckpoint(TrainingState state) {}
          });
      then.accept(model, loop.state().average(DiffusionModel.DENOISER));
    }
  }

  private static void fill(
      long first, int count, double deviation, Map<String, ByteBuffer> columns) {
    float[] values =
        new Initializer.Normal(deviation)
            .values(Shape.of((long) count * WIDTH), Hash.of(first, count));
    for (float value : values) {
      columns.get("latent").putFloat(value);
    }
  }

  @Test
  void theUncertaintyOfALevelIsTheLogarithmOfItsError() {
    DiffusionRecipe recipe =
        DiffusionRecipe.defaults()
            .with(new NoiseDistribution.LogNormal(0, 1.2), Loss.Uncertain.defaults());
    double s = 1.5;
    double[] levels = {0.1, 0.3, 1, 3, 8};
    train(
        recipe,
        s,
        1500,
        (model, weights) -> {
          double[] u = uncertainty(model, weights, levels);
          for (int i = 0; i < levels.length; i++) {
            double sigma2 = levels[i] * levels[i];
            double error = s * s * sigma2 / (s * s + sigma2);
            double weight = (sigma2 + 0.25) / (sigma2 * 0.25);
            assertThat(u[i])
                .as("sigma %s", levels[i])
                .isCloseTo(Math.log(weight * error), within(0.15));
          }
        });
  }

  private static double[] uncertainty(
      DiffusionModel model, NativeTensor weights, double... levels) {
    Trace trace = new Trace("uncertainty", Precision.FP32);
    var flat = trace.input("denoiser", DType.FLOAT32, Shape.of(model.layout().size()));
    var sigma = trace.input("sigma", DType.FLOAT32, Shape.of(levels.length));
    trace.bind(model.layout(), flat);
    Program program = trace.finish(model.uncertainty(new Traced(sigma)));
    float[] narrow = new float[levels.length];
    for (int i = 0; i < narrow.length; i++) {
      narrow[i] = (float) levels[i];
    }
    try (Executable executable = runtime.load(program);
        NativeTensor given = runtime.zeros(DType.FLOAT32, Shape.of(levels.length))) {
      given.set(narrow);
      try (Results results = executable.run(weights, given)) {
        float[] u = results.get(0).toFloats();
        double[] wide = new double[u.length];
        Arrays.setAll(wide, i -> u[i]);
        return wide;
      }
    }
  }

  @Test
  void theVarianceOfAStepIsThatOfTheDataBehindIt() {
    Discrete path = new Discrete(Betas.Linear.defaults(), 100, false);
    DiffusionRecipe recipe =
        DiffusionRecipe.defaults()
            .with(path, Prediction.EPS, new Preconditioning.Own())
            // The bound weighs more here than in practice: its own minimum is what is tested.
            .with(new NoiseDistribution.Uniform(0, 1), new Loss.Hybrid(new Weighting.Eps(), 5));
    double s = 0.5;
    double[] table = path.sigmas();
    train(
        recipe,
        s,
        1500,
        (model, weights) -> {
          for (int step : new int[] {2, 5, 10, 20, 40, 80}) {
            double abar = 1 / (1 + table[step] * table[step]);
            double before = 1 / (1 + table[step - 1] * table[step - 1]);
            double beta = 1 - abar / before;
            double small = beta * (1 - before) / (1 - abar);
            double data = s * s * table[step] * table[step] / (s * s + table[step] * table[step]);
            double through = beta * Math.sqrt(before) / (1 - abar);
            double best = small + through * through * data;
            double fraction = fraction(model, weights, table[step]);
            double found = Math.exp(fraction * Math.log(beta) + (1 - fraction) * Math.log(small));
            assertThat(found / best).as("step %s", step).isCloseTo(1, within(0.06));
          }
        });
  }

  /** The mean over a batch of noisy data. */
  private static double fraction(DiffusionModel model, NativeTensor weights, double sigma) {
    Shape shape = Shape.of(BATCH, WIDTH, 1, 1);
    try (Executable executable = runtime.load(model.denoiser(BATCH, false));
        NativeTensor x = runtime.zeros(DType.FLOAT64, shape);
        NativeTensor level = runtime.zeros(DType.FLOAT64, Shape.of())) {
      float[] normal =
          new Initializer.Normal(Math.hypot(0.5, sigma)).values(shape, Double.hashCode(sigma));
      double[] wide = new double[normal.length];
      Arrays.setAll(wide, i -> normal[i]);
      x.set(wide);
      level.set(sigma);
      try (Results results = executable.run(weights, x, level)) {
        assertThat(results.size()).isEqualTo(2);
        return Arrays.stream(results.get(1).toDoubles()).average().orElseThrow();
      }
    }
  }
}
