package dev.tessera.models.diffusion;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tessera.models.graph.Hash;
import dev.tessera.models.graph.Segmentation;
import dev.tessera.models.graph.Target;
import dev.tessera.models.nn.BackboneRecipe;
import dev.tessera.models.optimizer.AdamW;
import dev.tessera.models.runtime.Libtorch;
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
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Training curves of half precision on Fashion-MNIST, as Debian packages it, lie within the noise
 * of float32's: closer to the curve of the same seed than that of another seed does.
 */
final class PrecisionCurveTest {

  private static final Path DATA =
      Path.of("/usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz");
  private static final int SIDE = 28;
  private static final int PIXELS = SIDE * SIDE;
  private static final int BATCH = 16;

  private static byte[] pictures;
  private static int count;

  @BeforeAll
  static void read() throws IOException {
    assumeTrue(
        Files.exists(DATA), "Fashion-MNIST is absent: apt-get install dataset-fashion-mnist");
    try (DataInputStream in =
        new DataInputStream(new GZIPInputStream(Files.newInputStream(DATA)))) {
      in.skipNBytes(Integer.BYTES);
      count = in.readInt();
      in.skipNBytes(2 * Integer.BYTES);
      pictures = in.readNBytes(count * PIXELS);
    }
    Libtorch.useThreads(1);
  }

  private static void fill(int shard, long first, int rows, Map<String, ByteBuffer> columns) {
    ByteBuffer latents = columns.get("latent");
    for (long draw = first; draw < first + rows; draw++) {
      int picture = (int) Math.floorMod(Hash.of(shard, draw), (long) count);
      for (int i = 0; i < PIXELS; i++) {
        latents.putFloat((pictures[picture * PIXELS + i] & 0xff) / 255f);
      }
    }
  }

  /** Loss by step, averaged over a twentieth of the run. */
  private static double[] curve(TrainingPrecision precision, long seed, int width, int steps) {
    DiffusionRecipe recipe =
        DiffusionRecipe.defaults()
            .with(new BackboneRecipe.Dit(4, width, 2, 2))
            .withClasses(false, 0)
            .with(
                new OptimizerRecipe(new AdamW(0.9, 0.99, 1e-8), 2e-3).with(20L * BATCH, 0),
                new EmaRecipe.HalfLife(2_000, 0.05));
    // Mean and deviation of the set.
    DiffusionModel model =
        new DiffusionModel(recipe, Signal.latents(1, SIDE, SIDE, 0.286, 0.353), 0);
    TrainingSchedule schedule =
        new TrainingSchedule(
            seed, BATCH, 1, (long) steps * BATCH, 1_000_000, precision, Activations.KEPT);
    List<Double> losses = new ArrayList<>();
    int skipped = 0;
    try (TorchRuntime runtime = TorchRuntime.onCpu();
        TrainingLoop loop =
            new TrainingLoop(
                runtime,
                new DiffusionObjective(model, 1, BATCH, Segmentation.WHOLE, precision, Target.CPU),
                schedule,
                new SingleProcess(),
                PrecisionCurveTest::fill)) {
      List<StepReport> reports = new ArrayList<>();
      loop.run(
          new TrainingLoop.Observer() {
            @Override
            public void onStep(StepReport report) {
              reports.add(report);
            }

            @Override
            public void onCheckpoint(TrainingState state) {}
          });
      for (StepReport report : reports) {
        skipped += report.values().getOrDefault("denoiser_skipped", 0.0) > 0 ? 1 : 0;
        losses.add(report.values().get("loss"));
      }
    }
    assertThat(skipped).as("skipped steps").isLessThan(steps / 10);
    double[] curve = new double[20];
    for (int i = 0; i < steps; i++) {
      curve[i * 20 / steps] += losses.get(i) * 20 / steps;
    }
    return curve;
  }

  /** Mean distance of two curves, as a fraction. */
  private static double distance(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += Math.abs(a[i] - b[i]) / b[i];
    }
    return sum / a.length;
  }

  private static void compare(int width, int steps) {
    double[] full = curve(TrainingPrecision.FP32, 1, width, steps);
    double noise = distance(curve(TrainingPrecision.FP32, 2, width, steps), full);
    assertThat(full[19]).as("learns").isLessThan(0.6 * full[0]);
    for (TrainingPrecision half : List.of(TrainingPrecision.BF16, TrainingPrecision.FP16)) {
      double apart = distance(curve(half, 1, width, steps), full);
      assertThat(apart).as("%s, other seeds being %s apart", half, noise).isLessThan(noise);
    }
  }

  @Test
  void halfPrecisionFollowsFloat32() {
    compare(32, 100);
  }

  @Test
  @Tag("soak")
  void halfPrecisionFollowsFloat32ForLong() {
    compare(64, 1_500);
  }
}
