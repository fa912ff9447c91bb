package dev.tessera.models.diffusion;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Precision;
import dev.tessera.models.graph.Program;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.Tensor;
import dev.tessera.models.graph.Trace;
import dev.tessera.models.nn.BackboneRecipe;
import dev.tessera.models.runtime.Executable;
import dev.tessera.models.runtime.NativeTensor;
import dev.tessera.models.runtime.Results;
import dev.tessera.models.runtime.TorchRuntime;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Changed pictures of a smooth function, against that function where the labels say it went. */
final class AugmentedTest {

  private static final int N = 64;
  private static final int SIZE = 32;
  private static final int LABELS = Augmentation.LABELS;
  private static TorchRuntime runtime;

  @BeforeAll
  static void open() {
    runtime = TorchRuntime.onCpu();
  }

  @AfterAll
  static void close() {
    runtime.close();
  }

  /** Of places from -1 to 1: periodic over mirrored borders. */
  private static double smooth(double x, double y) {
    return 0.6 * Math.sin(Math.PI / 2 * x)
        + 0.3 * Math.sin(Math.PI / 2 * y) * Math.cos(Math.PI * x);
  }

  private static double centre(int i) {
    return (2.0 * i + 1) / SIZE - 1;
  }

  private record Made(float[] pictures, float[] labels) {

    double label(int picture, int which) {
      return labels[picture * LABELS + which];
    }

    double pixel(int picture, int row, int column) {
      return pictures[(picture * SIZE + row) * SIZE + column];
    }
  }

  private static Made made(Augmentation recipe, boolean mirror, long key) {
    Trace trace = new Trace("augment", Precision.FP32);
    Tensor x = trace.input("x", DType.FLOAT32, Shape.of(N, 1, SIZE, SIZE));
    trace.randomness(trace.scalar("key", DType.INT64));
    Augmented augmented = Augmented.of(x, recipe, mirror);
    Program program = trace.finish(augmented.pictures(), augmented.labels());
    float[] values = new float[N * SIZE * SIZE];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) smooth(centre(i % SIZE), centre(i / SIZE % SIZE));
    }
    try (Executable executable = runtime.load(program);
        NativeTensor given = runtime.zeros(DType.FLOAT32, Shape.of(N, 1, SIZE, SIZE));
        NativeTensor seed = runtime.scalar(key)) {
      given.set(values);
      try (Results results = executable.run(given, seed)) {
        return new Made(results.get(0).toFloats(), results.get(1).toFloats());
      }
    }
  }

  /**
   * Where EDM's pipe finds the pixel of a new picture in the old one: its matrices from the labels,
   * multiplied in its order. A negative stretch is a positive one across.
   */
  private static double[] origin(Made made, int n, Augmentation recipe, double x, double y) {
    double tx = made.label(n, 7) * recipe.translation() * 2;
    double ty = made.label(n, 8) * recipe.translation() * 2;
    double[] p = {x - tx, y - ty};
    double w = Math.hypot(made.label(n, 5), made.label(n, 6));
    double direction = Math.atan2(made.label(n, 6), made.label(n, 5)) / 2;
    double s = Math.exp(w * recipe.stretch() * Math.log(2));
    p = turned(p, direction);
    p = new double[] {p[0] / s, p[1] * s};
    p = turned(p, -direction);
    p = turned(p, Math.atan2(made.label(n, 4), made.label(n, 3) + 1));
    double scale = Math.exp(made.label(n, 2) * recipe.scale() * Math.log(2));
    p = new double[] {p[0] / scale, p[1] / scale};
    return new double[] {
      made.label(n, 0) == 1 ? -p[0] : p[0], made.label(n, 1) == 1 ? -p[1] : p[1]
    };
  }

  private static double[] turned(double[] p, double angle) {
    double cos = Math.cos(angle);
    double sin = Math.sin(angle);
    return new double[] {cos * p[0] - sin * p[1], sin * p[0] + cos * p[1]};
  }

  @Test
  void everyPictureIsTheOldOneWhereItsLabelsSay() {
    Augmentation recipe = Augmentation.ofProbability(0.7);
    Made made = made(recipe, true, 11);
    int compared = 0;
    for (int n = 0; n < N; n++) {
      for (int row = 0; row < SIZE; row += 3) {
        for (int column = 0; column < SIZE; column += 3) {
          double[] from = origin(made, n, recipe, centre(column), centre(row));
          if (Math.abs(from[0]) < 0.95 && Math.abs(from[1]) < 0.95) {
            compared++;
            assertThat(made.pixel(n, row, column))
                .as("picture %s, row %s, column %s", n, row, column)
                .isCloseTo(smooth(from[0], from[1]), within(1e-2));
          }
        }
      }
    }
    assertThat(compared).isGreaterThan(N * 60);
  }

  @Test
  void whatNeverHappensLeavesPicturesAndLabels() {
    Augmentation rare = Augmentation.ofProbability(1e-30);
    Made made = made(rare, false, 3);
    for (float label : made.labels()) {
      assertThat(Math.abs(label)).isZero();
    }
    for (int row = 0; row < SIZE; row++) {
      assertThat(made.pixel(5, row, 9)).isCloseTo(smooth(centre(9), centre(row)), within(1e-5));
    }
    Made mirrored = made(rare, true, 3);
    int flips = 0;
    for (int n = 0; n < N; n++) {
      double sign = mirrored.label(n, 0) == 1 ? -1 : 1;
      flips += sign < 0 ? 1 : 0;
      assertThat(mirrored.pixel(n, 7, 20))
          .isCloseTo(smooth(sign * centre(20), centre(7)), within(1e-5));
    }
    assertThat(flips).isBetween(16, 48);
  }

  @Test
  void eachChangeHappensWithTheProbability() {
    double probability = 0.3;
    int[] count = new int[LABELS];
    int pictures = 0;
    for (int key = 0; key < 20; key++) {
      Made made = made(Augmentation.ofProbability(probability), false, key);
      for (int n = 0; n < N; n++) {
        pictures++;
        for (int i = 0; i < LABELS; i++) {
          count[i] += made.label(n, i) != 0 ? 1 : 0;
        }
      }
    }
    assertThat(count[0]).isZero();
    assertThat((double) count[1] / pictures).isCloseTo(probability / 2, within(0.04));
    for (int i = 2; i < LABELS; i++) {
      assertThat((double) count[i] / pictures)
          .as("label %s", i)
          .isCloseTo(probability, within(0.05));
    }
    // Both shifts are one change.
    assertThat(count[7]).isEqualTo(count[8]);
  }

  @Test
  void latentsAreNotTurned() {
    DiffusionRecipe recipe =
        DiffusionRecipe.defaults()
            .with(new BackboneRecipe.Mlp(8, 1))
            .with(Augmentation.ofProbability(0.1));
    assertThatThrownBy(() -> new DiffusionModel(recipe, Signal.latents(4, 2, 2, 0, 1), 3))
        .hasMessageContaining("augmentation.probability: 0.1 (expected: 0");
    DiffusionRecipe edm2 = recipe.with(BackboneRecipe.Edm2.defaults());
    assertThatThrownBy(() -> new DiffusionModel(edm2, Signal.pixels(32, 32), 3))
        .hasMessageContaining("edm2");
  }
}
