package dev.tessera.models.diffusion;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tessera.models.UserException;
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
import java.util.Locale;
import java.util.Map;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/**
 * Training curves of half precision on Fashion-MNIST, as Debian packages it, lie within the noise
 * of float32's: closer to the curve of the same seed than that of another seed does.
 */
final class PrecisionCurveTest {

  private static final Path DATA =
      Path.of("/usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz");
  private static final int SIDE = 28;
  private static final int PIXELS = SIDE * SIDE;

  /** Where and what is trained. */
  private record Work(Target target, int width, int batch, int steps) {

    TorchRuntime open() {
      return target == Target.GPU ? TorchRuntime.onGpu(0) : TorchRuntime.onCpu();
    }
  }

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
  private static double[] curve(Work work, TrainingPrecision precision, long seed) {
    int batch = work.batch();
    int steps = work.steps();
    DiffusionRecipe recipe =
        DiffusionRecipe.defaults()
            .with(new BackboneRecipe.Dit(4, work.width(), 2, 2))
            .withClasses(false, 0)
            .with(
                new OptimizerRecipe(new AdamW(0.9, 0.99, 1e-8), 2e-3).with(20L * batch, 0),
                new EmaRecipe.HalfLife(2_000, 0.05));
    // Mean and deviation of the set.
    DiffusionModel model =
        new DiffusionModel(recipe, Signal.latents(1, SIDE, SIDE, 0.286, 0.353), 0);
    TrainingSchedule schedule =
        new TrainingSchedule(
            seed, batch, 1, (long) steps * batch, 1_000_000, precision, Activations.KEPT);
    List<Double> losses = new ArrayList<>();
    int skipped = 0;
    try (TorchRuntime runtime = work.open();
        TrainingLoop loop =
            new TrainingLoop(
                runtime,
                new DiffusionObjective(
                    model, 1, batch, Segmentation.WHOLE, precision, work.target()),
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

  private static void compare(Work work) {
    double[] full = curve(work, TrainingPrecision.FP32, 1);
    double[] other = curve(work, TrainingPrecision.FP32, 2);
    double noise = distance(other, full);
    StringBuilder table = new StringBuilder();
    table.append(String.format(Locale.ROOT, "%s, losses by twentieths of the run%n", work));
    table.append(row("fp32", full, 0)).append(row("fp32, another seed", other, noise));
    List<Executable> checks = new ArrayList<>();
    for (TrainingPrecision half : List.of(TrainingPrecision.BF16, TrainingPrecision.FP16)) {
      double[] curve = curve(work, half, 1);
      double apart = distance(curve, full);
      table.append(row(half.toString(), curve, apart));
      checks.add(
          () ->
              assertThat(apart)
                  .as("%s, other seeds being %s apart", half, noise)
                  .isLessThan(noise));
    }
    System.out.print(table);
    assertThat(full[19]).as("learns").isLessThan(0.6 * full[0]);
    assertAll(checks);
  }

  private static String row(String name, double[] curve, double apart) {
    return String.format(
        Locale.ROOT,
        "  %s: %.4f at first, %.4f half-way, %.4f at last; %.2f %% from fp32's%n",
        name,
        curve[0],
        curve[10],
        curve[19],
        100 * apart);
  }

  @Test
  void halfPrecisionFollowsFloat32() {
    compare(new Work(Target.CPU, 32, 16, 100));
  }

  @Test
  @Tag("soak")
  void halfPrecisionFollowsFloat32ForLong() {
    compare(new Work(Target.CPU, 64, 16, 1_500));
  }

  @Test
  @Tag("soak")
  void halfPrecisionFollowsFloat32OnAGpu() {
    Work work = new Work(Target.GPU, 256, 128, 3_000);
    try {
      work.open().close();
    } catch (UserException e) {
      Assumptions.abort("needs a GPU: " + e.getMessage());
    }
    compare(work);
  }
}
