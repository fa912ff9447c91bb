package dev.tessera.spark.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.tessera.datasets.image.RgbImage;
import dev.tessera.datasets.source.IconSource;
import dev.tessera.datasets.source.RawImage;
import dev.tessera.datasets.source.RawImages;
import dev.tessera.models.evaluation.FeatureMoments;
import dev.tessera.models.evaluation.FrechetDistance;
import dev.tessera.models.evaluation.KernelDistance;
import dev.tessera.models.evaluation.Metric;
import dev.tessera.models.evaluation.MomentAccumulator;
import dev.tessera.models.evaluation.SlicedWasserstein;
import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.runtime.Libtorch;
import dev.tessera.models.runtime.NativeTensor;
import dev.tessera.models.runtime.Replays;
import dev.tessera.models.runtime.TorchRuntime;
import dev.tessera.models.vqgan.Vqgan;
import dev.tessera.models.vqgan.VqganRecipe;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.IntFunction;
import java.util.function.UnaryOperator;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Real pictures, distorted more and more: every distance must grow with every distortion. Features
 * are those of a tokenizer of random weights.
 */
class MonotoneMetricsTest {

  private static final int COUNT = 256;
  private static final int SIZE = 32;
  private static final int BYTES = 3 * SIZE * SIZE;
  private static final int LEVELS = 5;

  private static TorchRuntime runtime;
  private static NativeTensor weights;
  private static NativeTensor state;
  private static EncoderFeatures encoder;
  private static List<byte[]> pictures;

  @BeforeAll
  static void open() throws Exception {
    Libtorch.useThreads(1);
    runtime = TorchRuntime.onCpu();
    VqganRecipe defaults = VqganRecipe.defaults();
    Vqgan model =
        new Vqgan(
            new VqganRecipe(
                new VqganRecipe.Network(2, 16, List.of(1, 1), 1, false),
                new VqganRecipe.Codes(16, 12, 0.25, 0.9, 0.1),
                defaults.losses(),
                defaults.adversary(),
                defaults.optimizer()),
            SIZE,
            SIZE);
    weights = runtime.zeros(DType.FLOAT32, Shape.of(model.layout().size()));
    model.layout().initialize(7, weights.memory());
    state = runtime.zeros(DType.FLOAT32, Shape.of(model.state().size()));
    model.state().initialize(7, state.memory());
    encoder =
        new EncoderFeatures(
            Tokenizer.over(
                runtime, model, COUNT, InferencePrecision.FP32, weights, state, Replays.called()));
    pictures = icons();
  }

  @AfterAll
  static void close() {
    encoder.close();
    weights.close();
    state.close();
    runtime.close();
  }

  private static List<byte[]> icons() throws Exception {
    Configuration conf = new Configuration();
    IconSource source = new IconSource(COUNT, 1, SIZE, List.of());
    List<byte[]> planar = new ArrayList<>();
    try (RawImages images = source.open(conf, source.list(conf).splits(1).get(0))) {
      for (RawImage image = images.next(); image != null; image = images.next()) {
        RgbImage decoded = ((RawImage.Decoded) image.content()).image();
        byte[] bytes = new byte[BYTES];
        decoded.putPlanar(ByteBuffer.wrap(bytes));
        planar.add(bytes);
      }
    }
    return planar;
  }

  /** One set seen by all metrics. */
  private record Seen(float[] features, FeatureMoments moments, SlicedWasserstein projections) {

    static Seen of(List<byte[]> set) {
      ByteBuffer all = ByteBuffer.allocate(COUNT * BYTES);
      SlicedWasserstein projections = new SlicedWasserstein(BYTES, 32, 0);
      for (byte[] picture : set) {
        all.put(picture);
        projections.accumulate(Bytes.floats(picture));
      }
      float[] features = encoder.vectors(all.flip());
      try (MomentAccumulator moments = new MomentAccumulator(runtime, features.length / COUNT)) {
        moments.accumulate(features, COUNT);
        return new Seen(features, moments.result(), projections);
      }
    }

    double[] distances(Seen other) {
      int d = features.length / COUNT;
      return new double[] {
        FrechetDistance.between(runtime, moments, other.moments),
        KernelDistance.between(runtime, features, other.features, d, Metric.Kernel.defaults())
            .value(),
        projections.distance(other.projections)
      };
    }
  }

  private static void grows(String distortion, IntFunction<UnaryOperator<byte[]>> level) {
    Seen reference = Seen.of(pictures);
    double[] before = reference.distances(reference);
    assertThat(before[0]).isCloseTo(0, within(1e-6));
    assertThat(before[2]).isZero();
    for (int i = 1; i <= LEVELS; i++) {
      double[] now = reference.distances(Seen.of(pictures.stream().map(level.apply(i)).toList()));
      for (int metric = 0; metric < now.length; metric++) {
        assertThat(now[metric])
            .as("%s, level %d, metric %d", distortion, i, metric)
            .isGreaterThan(before[metric] * 1.05);
      }
      before = now;
    }
  }

  @Test
  void allGrowWithNoise() {
    Random random = new Random(3);
    grows(
        "noise",
        level -> {
          double deviation = 4 * Math.pow(2, level);
          return picture -> mapped(picture, v -> v + deviation * random.nextGaussian());
        });
  }

  @Test
  void allGrowWithCoarserLevels() {
    grows(
        "quantisation",
        level -> {
          double step = 255 / Math.pow(2, LEVELS + 1 - level);
          return picture -> mapped(picture, v -> Math.floor(v / step) * step);
        });
  }

  @Test
  void allGrowWithBlur() {
    grows(
        "blur",
        level ->
            picture -> {
              byte[] blurred = picture;
              for (int i = 0; i < 1 << (level - 1); i++) {
                blurred = blurred(blurred);
              }
              return blurred;
            });
  }

  @Test
  void allGrowWithOcclusion() {
    grows(
        "occlusion",
        level ->
            picture -> {
              byte[] covered = picture.clone();
              int side = 5 * level;
              for (int c = 0; c < 3; c++) {
                for (int y = 0; y < side; y++) {
                  int from = (c * SIZE + y) * SIZE;
                  Arrays.fill(covered, from, from + side, (byte) 90);
                }
              }
              return covered;
            });
  }

  private interface Change {
    double of(int value);
  }

  private static byte[] mapped(byte[] picture, Change change) {
    byte[] changed = new byte[BYTES];
    for (int i = 0; i < BYTES; i++) {
      changed[i] = (byte) Math.max(0, Math.min(255, Math.round(change.of(picture[i] & 0xff))));
    }
    return changed;
  }

  /** By [1 2 1] along both axes, edges repeated. */
  private static byte[] blurred(byte[] picture) {
    double[] rows = new double[BYTES];
    byte[] result = new byte[BYTES];
    for (int i = 0; i < BYTES; i++) {
      int x = i % SIZE;
      int left = x == 0 ? i : i - 1;
      int right = x == SIZE - 1 ? i : i + 1;
      rows[i] = ((picture[left] & 0xff) + 2 * (picture[i] & 0xff) + (picture[right] & 0xff)) / 4.0;
    }
    for (int i = 0; i < BYTES; i++) {
      int y = i / SIZE % SIZE;
      int above = y == 0 ? i : i - SIZE;
      int below = y == SIZE - 1 ? i : i + SIZE;
      result[i] = (byte) Math.round((rows[above] + 2 * rows[i] + rows[below]) / 4);
    }
    return result;
  }
}
