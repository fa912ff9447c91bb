package dev.tessera.models.diffusion;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tessera.models.diffusion.sampler.Chain;
import dev.tessera.models.diffusion.sampler.Denoiser;
import dev.tessera.models.diffusion.sampler.Grid;
import dev.tessera.models.diffusion.sampler.Heun;
import dev.tessera.models.diffusion.sampler.NoiseSource;
import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Segmentation;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.Target;
import dev.tessera.models.nn.BackboneRecipe;
import dev.tessera.models.optimizer.AdamW;
import dev.tessera.models.runtime.Executable;
import dev.tessera.models.runtime.Libtorch;
import dev.tessera.models.runtime.NativeTensor;
import dev.tessera.models.runtime.TorchRuntime;
import dev.tessera.models.train.Activations;
import dev.tessera.models.train.EmaRecipe;
import dev.tessera.models.train.OptimizerRecipe;
import dev.tessera.models.train.SingleProcess;
import dev.tessera.models.train.StepReport;
import dev.tessera.models.train.TrainingLoop;
import dev.tessera.models.train.TrainingPrecision;
import dev.tessera.models.train.TrainingSchedule;
import dev.tessera.models.train.TrainingState;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A data set of two points: loop, average and sampler together must draw them. */
final class DiffusionLearningTest {

  private static final int SIZE = 4;
  private static final int ELEMENTS = SIZE * SIZE;
  private static final int BATCH = 32;
  private static final int SAMPLES = 24;
  private static final Signal SIGNAL = Signal.latents(1, SIZE, SIZE, 10, 2);

  /** Class 0 and its mirror image in value, class 1. */
  private static float element(int label, int i) {
    boolean high = (i / SIZE + i % SIZE) % 2 == 0 || i < SIZE;
    return 10 + (high == (label == 0) ? 2 : -2);
  }

  private static void fill(int shard, long first, int count, Map<String, ByteBuffer> columns) {
    for (long draw = first; draw < first + count; draw++) {
      int label = (int) (draw % 2);
      columns.get("label").putInt(label);
      for (int i = 0; i < ELEMENTS; i++) {
        columns.get("latent").putFloat(element(label, i));
      }
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = TrainingPrecision.class,
      names = {"FP32", "FP16"})
  void samplesAreThePointsOfTheirClass(TrainingPrecision precision) {
    Libtorch.useThreads(1);
    DiffusionRecipe recipe =
        DiffusionRecipe.defaults()
            .with(new BackboneRecipe.Dit(2, 32, 2, 2))
            // Half of the labels hidden: the case without a class is learnt as well as the others.
            .withClasses(true, 0.5)
            .with(
                new OptimizerRecipe(new AdamW(0.9, 0.99, 1e-8), 4e-3).with(500, 0.5),
                new EmaRecipe.HalfLife(2_000, 0.05));
    DiffusionModel model = new DiffusionModel(recipe, SIGNAL, 2);
    TrainingSchedule schedule =
        new TrainingSchedule(5, BATCH, 1, 1_000L * BATCH, 1_000_000, precision, Activations.KEPT);
    try (TorchRuntime runtime = TorchRuntime.onCpu();
        TrainingLoop loop =
            new TrainingLoop(
                runtime,
                new DiffusionObjective(model, 1, BATCH, Segmentation.WHOLE, precision, Target.CPU),
                schedule,
                new SingleProcess(),
                DiffusionLearningTest::fill)) {
      loop.run(
          new TrainingLoop.Observer() {
            @Override
            public void onStep(StepReport report) {}

            @Override
            public void onCheckpoint(TrainingState state) {}
          });
      NativeTensor average = loop.state().average(DiffusionModel.DENOISER);
      assertThat(highs(sample(runtime, model, average, 0))).isEqualTo(SAMPLES);
      assertThat(highs(sample(runtime, model, average, 1))).isZero();
      assertThat(highs(sample(runtime, model, average, 2)))
          .as("without a class both are drawn")
          .isBetween(4, SAMPLES - 4);
    }
  }

  private static double[] sample(
      TorchRuntime runtime, DiffusionModel model, NativeTensor flat, int label) {
    Shape shape = Shape.of(SAMPLES, 1, SIZE, SIZE);
    SplittableRandom random = new SplittableRandom(17);
    try (Executable denoiser = runtime.load(model.denoiser(SAMPLES, false));
        Chain chain = new Chain(runtime, shape);
        NativeTensor labels = runtime.zeros(DType.INT64, Shape.of(SAMPLES));
        NativeTensor sigma = runtime.zeros(DType.FLOAT64, Shape.of());
        NativeTensor noise = runtime.zeros(DType.FLOAT64, shape)) {
      long[] all = new long[SAMPLES];
      java.util.Arrays.fill(all, label);
      labels.set(all);
      ByteBuffer memory = noise.memory();
      while (memory.hasRemaining()) {
        double radius = Math.sqrt(-2 * Math.log(1 - random.nextDouble()));
        memory.putDouble(radius * Math.cos(2 * Math.PI * random.nextDouble()));
      }
      Denoiser trained =
          (x, level) -> {
            sigma.set(level);
            try (var results = denoiser.run(flat, x, sigma, labels)) {
              return results.take(0);
            }
          };
      try (NativeTensor drawn =
          chain.sample(
              Heun.defaults(),
              trained,
              new Grid.Karras(0.01, 40, 7).sigmas(12),
              noise,
              NoiseSource.none())) {
        return drawn.toDoubles();
      }
    }
  }

  /** How many samples are point 0; the others must be point 1. */
  private static int highs(double... samples) {
    int count = 0;
    for (int n = 0; n < SAMPLES; n++) {
      double[] distance = new double[2];
      for (int label = 0; label < 2; label++) {
        for (int i = 0; i < ELEMENTS; i++) {
          double expected = (element(label, i) - 10) / 4.0;
          distance[label] += Math.pow(samples[n * ELEMENTS + i] - expected, 2) / ELEMENTS;
        }
      }
      // The points lie 1 apart in every element.
      assertThat(Math.min(distance[0], distance[1])).as("sample %d", n).isLessThan(0.01);
      count += distance[0] < distance[1] ? 1 : 0;
    }
    return count;
  }
}
