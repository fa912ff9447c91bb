package dev.tessera.models.vqgan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assertions.withinPercentage;

import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Segmentation;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.Target;
import dev.tessera.models.runtime.Executable;
import dev.tessera.models.runtime.Libtorch;
import dev.tessera.models.runtime.NativeTensor;
import dev.tessera.models.runtime.ProgramContract;
import dev.tessera.models.runtime.Results;
import dev.tessera.models.runtime.TorchRuntime;
import dev.tessera.models.train.Activations;
import dev.tessera.models.train.LossScaleRecipe;
import dev.tessera.models.train.SingleProcess;
import dev.tessera.models.train.StepReport;
import dev.tessera.models.train.TrainingLoop;
import dev.tessera.models.train.TrainingPrecision;
import dev.tessera.models.train.TrainingSchedule;
import dev.tessera.models.train.TrainingState;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The whole of the family on a few pictures: what it has learnt, it can tokenise and decode. */
final class VqganLearningTest {

  private static final int SIZE = 16;
  private static final int BATCH = 8;

  /** A bright disc or bar on a dark ground, its place and colour by number. */
  private static void picture(ByteBuffer out, long number) {
    int kind = (int) (number % 16);
    int cx = 4 + 2 * (kind % 4);
    int cy = 4 + 2 * (kind / 4);
    for (int c = 0; c < 3; c++) {
      for (int y = 0; y < SIZE; y++) {
        for (int x = 0; x < SIZE; x++) {
          boolean inside =
              kind % 2 == 0 ? (x - cx) * (x - cx) + (y - cy) * (y - cy) < 14 : Math.abs(x - cx) < 3;
          out.put((byte) (inside ? 220 - 60 * ((kind + c) % 3) : 30 + 10 * c));
        }
      }
    }
  }

  @Test
  void reconstructionsComeNearThePicturesInAFewHundredSteps() {
    Libtorch.useThreads(1);
    Vqgan model = new Vqgan(TinyVqgan.recipe(1600), SIZE, SIZE);
    TrainingSchedule schedule = new TrainingSchedule(3, BATCH, 2, 250L * BATCH, 1_000_000);
    List<StepReport> reports = new ArrayList<>();
    try (TorchRuntime runtime = TorchRuntime.onCpu();
        TrainingLoop loop =
            new TrainingLoop(
                runtime,
                new VqganObjective(model, 2, BATCH / 2),
                schedule,
                new SingleProcess(),
                VqganLearningTest::fill)) {
      loop.run(
          new TrainingLoop.Observer() {
            @Override
            public void onStep(StepReport report) {
              reports.add(report);
            }

            @Override
            public void onCheckpoint(TrainingState state) {}
          });
      StepReport last = reports.get(reports.size() - 1);
      assertThat(last.values())
          .containsKeys("rec_loss", "g_loss", "d_weight", "disc_loss", "codebook_perplexity");
      double first = psnr(reports.get(0).values().get("mse"));
      double after = psnr(last.values().get("mse"));
      assertThat(after).as("PSNR, from %.1f dB", first).isGreaterThan(18).isGreaterThan(first + 6);
      assertThat(last.values().get("codebook_usage")).isGreaterThan(0.25);
      tokensOfTheTrainedModelDecodeToTheReconstruction(runtime, model, loop.state(), after);
    }
  }

  @Test
  void inFloat16BothGroupsTrainUnderScalesOfTheirOwn() {
    Libtorch.useThreads(1);
    int start = 10;
    List<Map<String, Double>> full = values(TrainingPrecision.FP32, start, 30);
    List<Map<String, Double>> half = values(TrainingPrecision.FP16, start, 30);
    for (String group : List.of("generator", "discriminator")) {
      assertThat(half.get(29)).containsKeys(group + "_loss_scale", group + "_skipped");
    }
    double[] losses = new double[2];
    for (int step = 20; step < 30; step++) {
      losses[0] += half.get(step).get("rec_loss") / 10;
      losses[1] += full.get(step).get("rec_loss") / 10;
    }
    assertThat(losses[0]).isCloseTo(losses[1], within(0.05 * losses[1]));
    // The ratio of two gradients, each taken under the scale: unscaled they would underflow.
    assertThat(half.get(start).get("d_weight"))
        .isCloseTo(full.get(start).get("d_weight"), withinPercentage(10));
  }

  private static List<Map<String, Double>> values(
      TrainingPrecision precision, int start, int steps) {
    Vqgan model = new Vqgan(TinyVqgan.recipe((long) start * BATCH), SIZE, SIZE);
    // Begins where nothing overflows: skipped steps would set the two runs apart.
    LossScaleRecipe scale = new LossScaleRecipe(1_024, 2, 2_000, 0.5, 1, 1);
    TrainingSchedule schedule =
        new TrainingSchedule(
            3, BATCH, 2, (long) steps * BATCH, 1_000_000, precision, Activations.KEPT, scale);
    List<Map<String, Double>> values = new ArrayList<>();
    try (TorchRuntime runtime = TorchRuntime.onCpu();
        TrainingLoop loop =
            new TrainingLoop(
                runtime,
                new VqganObjective(model, 2, BATCH / 2, Segmentation.WHOLE, precision, Target.CPU),
                schedule,
                new SingleProcess(),
                VqganLearningTest::fill)) {
      loop.run(
          new TrainingLoop.Observer() {
            @Override
            public void onStep(StepReport report) {
              values.add(report.values());
            }

            @Override
            public void onCheckpoint(TrainingState state) {}
          });
    }
    return values;
  }

  private static void fill(int shard, long first, int count, Map<String, ByteBuffer> columns) {
    for (long draw = first; draw < first + count; draw++) {
      picture(columns.get("image"), 2 * draw + shard);
    }
  }

  /** From a mean squared error of numbers in [-1, 1]. */
  private static double psnr(double mse) {
    return 10 * Math.log10(4 / mse);
  }

  private static void tokensOfTheTrainedModelDecodeToTheReconstruction(
      TorchRuntime runtime, Vqgan model, TrainingState state, double training) {
    try (Executable tokenizer = runtime.load(model.tokenizer(BATCH));
        Executable decoder = runtime.load(model.decoder(BATCH));
        NativeTensor images = runtime.zeros(DType.UINT8, Shape.of(BATCH, 3, SIZE, SIZE))) {
      ByteBuffer memory = images.memory();
      for (int i = 0; i < BATCH; i++) {
        picture(memory, i);
      }
      NativeTensor flat = state.parameters(Vqgan.GENERATOR);
      List<NativeTensor> arguments = List.of(flat, state.state(), images);
      ProgramContract.verify(runtime, tokenizer.program(), arguments);
      try (Results tokens = tokenizer.run(arguments);
          Results again = decoder.run(flat, state.state(), tokens.get(1))) {
        assertThat(tokens.get(0).shape()).isEqualTo(Shape.of(BATCH, 16));
        for (long code : tokens.get(0).toLongs()) {
          assertThat(code).isBetween(0L, 31L);
        }
        assertThat(tokens.get(1).shape()).isEqualTo(Shape.of(BATCH, 4, 4, 4));
        assertThat(again.get(0).memory()).isEqualTo(tokens.get(2).memory());
        double squares = 0;
        for (int i = 0; i < images.size(); i++) {
          int difference = (images.memory().get(i) & 255) - (tokens.get(2).memory().get(i) & 255);
          squares += difference * difference;
        }
        double psnr = 10 * Math.log10(255.0 * 255.0 * images.size() / squares);
        assertThat(psnr).as("as good as the %.1f dB in training", training).isGreaterThan(17);
      }
    }
  }
}
