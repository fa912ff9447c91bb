package dev.tessera.models.vqgan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Layout;
import dev.tessera.models.graph.Precision;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.Tensor;
import dev.tessera.models.graph.Trace;
import dev.tessera.models.runtime.Executable;
import dev.tessera.models.runtime.Libtorch;
import dev.tessera.models.runtime.NativeTensor;
import dev.tessera.models.runtime.Results;
import dev.tessera.models.runtime.TorchRuntime;
import dev.tessera.models.train.LossScale;
import dev.tessera.models.train.Metric;
import dev.tessera.models.train.OptimizerRecipe;
import dev.tessera.models.train.Phase;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

final class VqganObjectiveTest {

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

  /** {@code lambda} for gradients of the given norms at the last weight. */
  private static float weight(double reconstruction, double fooled, double recipe) {
    Trace trace = new Trace("weight", Precision.FP32);
    Tensor a = trace.scalar("a", DType.FLOAT32);
    Tensor b = trace.scalar("b", DType.FLOAT32);
    Tensor last = trace.input("last", DType.FLOAT32, Shape.of(4)).leaf();
    // Linear losses: their gradients are constants of norms 2 a and 2 b.
    Tensor weight =
        VqganObjective.adaptiveWeight(
            last.mul(a).sumAll(), last.mul(b).sumAll().neg(), last, recipe, LossScale.input(trace));
    try (Executable program = runtime.load(trace.finish(weight));
        NativeTensor x = runtime.scalar((float) (reconstruction / 2));
        NativeTensor y = runtime.scalar((float) (fooled / 2));
        NativeTensor w = runtime.zeros(DType.FLOAT32, Shape.of(4));
        Results results = program.run(x, y, w)) {
      return results.get(0).item();
    }
  }

  @Test
  void theAdaptiveWeightHasItsGoldenValues() {
    assertThat(weight(3, 4, 0.8)).isCloseTo(0.599985f, within(1e-6f));
    assertThat(weight(1, 0, 0.8)).isCloseTo(8000f, within(1e-2f));
    assertThat(weight(0, 4, 0.8)).isZero();
  }

  @Test
  void theAdaptiveWeightUndoesTheScaleOfTheAdversarysLoss() {
    float base = weight(3, 40, 1);
    for (double c : new double[] {0.1, 7, 1000}) {
      assertThat(weight(3, 40 * c, 1) * c).isCloseTo(base, within(base * 1e-4));
    }
  }

  @Test
  void theReconstructionPassesStraightThroughAndCommitmentPullsToTheCode() {
    // L = g . straight + beta mean((z - e)^2) in float64: dL/dz = g + 2 beta (z - e) / size.
    int n = 5;
    int width = 3;
    double beta = 0.25;
    Trace trace = new Trace("straight", Precision.FP64);
    Tensor latents = trace.input("z", DType.FLOAT64, Shape.of(n, width));
    Tensor codes = trace.input("codes", DType.FLOAT64, Shape.of(4, width));
    Tensor g = trace.input("g", DType.FLOAT64, Shape.of(n, width));
    Tensor z = latents.leaf();
    Quantized quantized = Quantized.of(z, codes);
    Tensor loss = quantized.straight().mul(g).sumAll().add(quantized.commitment().mul(beta));
    Tensor gradient = trace.grad(List.of(loss), List.of(z), List.of(), false, false).get(0);
    try (Executable program =
            runtime.load(trace.finish(gradient, quantized.straight(), quantized.index()));
        NativeTensor zs = runtime.zeros(DType.FLOAT64, Shape.of(n, width));
        NativeTensor es = runtime.zeros(DType.FLOAT64, Shape.of(4, width));
        NativeTensor gs = runtime.zeros(DType.FLOAT64, Shape.of(n, width))) {
      double[] a = drawn(n * width, 1);
      double[] e = drawn(4 * width, 2);
      double[] direction = drawn(n * width, 3);
      zs.set(a);
      es.set(e);
      gs.set(direction);
      try (Results results = program.run(zs, es, gs)) {
        double[] found = results.get(0).toDoubles();
        double[] straight = results.get(1).toDoubles();
        long[] index = results.get(2).toLongs();
        for (int i = 0; i < n * width; i++) {
          double code = e[(int) index[i / width] * width + i % width];
          assertThat(straight[i]).isCloseTo(code, within(1e-12));
          assertThat(found[i])
              .isCloseTo(direction[i] + 2 * beta * (a[i] - code) / (n * width), within(1e-12));
        }
      }
    }
  }

  private static double[] drawn(int n, long seed) {
    return new java.util.SplittableRandom(seed).doubles(n, -1, 1).toArray();
  }

  @Test
  void theDiscriminatorJoinsAtItsStart() {
    VqganObjective objective = objective(100);
    assertThat(running(objective, 99)).containsExactly("reconstruction");
    assertThat(running(objective, 100)).containsExactly("generator", "discriminator");
    assertThat(objective.groups()).hasSize(2);
    VqganObjective alone = objective(0);
    assertThat(running(alone, 1_000_000)).containsExactly("reconstruction");
    assertThat(alone.groups()).hasSize(1);
  }

  private static List<String> running(VqganObjective objective, long images) {
    return objective.phases().stream()
        .filter(phase -> phase.schedule().runs(images / 4, images))
        .map(Phase::name)
        .toList();
  }

  private static VqganObjective objective(long start) {
    return new VqganObjective(new Vqgan(TinyVqgan.recipe(start), 8, 8), 1, 4);
  }

  @Test
  void hingeLossesAreThoseOfTheirLogits() {
    // At zero weights all logits are zero: the hinge is 1 and the generator's loss 0.
    VqganObjective objective = objective(100);
    Phase phase = objective.phases().get(2);
    long size = objective.groups().get(1).layout().size();
    try (Executable program = runtime.load(phase.gradient());
        NativeTensor flat = runtime.zeros(DType.FLOAT32, Shape.of(size));
        NativeTensor image = runtime.zeros(DType.UINT8, Shape.of(4, 3, 8, 8));
        NativeTensor fake = runtime.zeros(DType.FLOAT32, Shape.of(4, 3, 8, 8));
        Results results = program.run(flat, image, fake)) {
      assertThat(phase.metrics())
          .extracting(Metric::name)
          .containsExactly("disc_loss", "logits_real", "logits_fake");
      assertThat(results.get(1).toFloats()).containsExactly(1f, 0f, 0f);
    }
  }

  private static float hinge(double real, double made) {
    Trace trace = new Trace("hinge", Precision.FP32);
    Tensor r = trace.input("real", DType.FLOAT32, Shape.of(2, 1, 3, 3));
    Tensor m = trace.input("made", DType.FLOAT32, Shape.of(2, 1, 3, 3));
    try (Executable program = runtime.load(trace.finish(VqganObjective.hinge(r, m)));
        NativeTensor x = filled(Shape.of(2, 1, 3, 3), real);
        NativeTensor y = filled(Shape.of(2, 1, 3, 3), made);
        Results results = program.run(x, y)) {
      return results.get(0).item();
    }
  }

  private static NativeTensor filled(Shape shape, double value) {
    float[] values = new float[Math.toIntExact(shape.size())];
    Arrays.fill(values, (float) value);
    NativeTensor tensor = runtime.zeros(DType.FLOAT32, shape);
    tensor.set(values);
    return tensor;
  }

  @Test
  void theHingeWantsRealPicturesAboveOneAndMadeOnesBelowMinusOne() {
    assertThat(hinge(2, -3)).isZero();
    assertThat(hinge(-3, 2)).isEqualTo(3.5f);
    assertThat(hinge(0.25, -0.5)).isEqualTo(0.625f);
    Trace trace = new Trace("fooled", Precision.FP32);
    Tensor made = trace.input("made", DType.FLOAT32, Shape.of(4));
    try (Executable program = runtime.load(trace.finish(VqganObjective.fooled(made)));
        NativeTensor logits = runtime.zeros(DType.FLOAT32, Shape.of(4))) {
      logits.set(2f, -3f, 7f, 4f);
      try (Results results = program.run(logits)) {
        assertThat(results.get(0).item()).isEqualTo(-2.5f);
      }
    }
  }

  @Test
  void phasesHandTheirLogitsToTheLossesThatTheyAreFor() {
    VqganObjective objective = objective(100);
    Phase generator = objective.phases().get(1);
    Phase judge = objective.phases().get(2);
    Layout layout = objective.groups().get(1).layout();
    try (Executable making = runtime.load(generator.gradient());
        Executable judging = runtime.load(judge.gradient());
        NativeTensor weights = runtime.zeros(DType.FLOAT32, Shape.of(layout.size()));
        NativeTensor maker =
            runtime.zeros(DType.FLOAT32, Shape.of(objective.groups().get(0).layout().size()));
        NativeTensor state = runtime.zeros(DType.FLOAT32, Shape.of(objective.state().size()));
        NativeTensor image = runtime.zeros(DType.UINT8, Shape.of(4, 3, 8, 8));
        NativeTensor key = runtime.scalar(5L);
        NativeTensor shard = runtime.scalar(0L)) {
      layout.initialize(1, weights.memory());
      objective.groups().get(0).layout().initialize(2, maker.memory());
      objective.state().initialize(3, state.memory());
      for (int i = 0; i < 4 * 3 * 8 * 8; i++) {
        image.memory().put(i, (byte) (i * 37));
      }
      try (Results made = making.run(maker, state, image, key, shard, weights);
          Results judged = judging.run(weights, image, made.get(2))) {
        float[] logits = judged.get(1).toFloats();
        assertThat(generator.metrics().get(3).name()).isEqualTo("g_loss");
        assertThat(made.get(1).toFloats()[3]).isCloseTo(-logits[2], within(1e-6f));
        // The hinge of first weights, whose logits are small, is linear in them.
        assertThat(Math.abs(logits[1] - logits[2])).isGreaterThan(1e-4f);
        assertThat(logits[0]).isCloseTo(1 - (logits[1] - logits[2]) / 2, within(1e-6f));
      }
    }
  }

  private static Phase phase(VqganRecipe.Losses losses, int shards, int number) {
    VqganRecipe tiny = TinyVqgan.recipe(100);
    VqganRecipe recipe =
        new VqganRecipe(tiny.network(), tiny.codes(), losses, tiny.adversary(), tiny.optimizer());
    return new VqganObjective(new Vqgan(recipe, 8, 8), shards, 4).phases().get(number);
  }

  /** What a generator's phase gives for fixed weights and pictures. */
  private static List<float[]> given(Phase phase) {
    VqganObjective objective = objective(100);
    Layout layout = objective.groups().get(0).layout();
    Layout judges = objective.groups().get(1).layout();
    boolean adversarial = phase.name().equals("generator");
    try (Executable program = runtime.load(phase.gradient());
        NativeTensor weights = runtime.zeros(DType.FLOAT32, Shape.of(layout.size()));
        NativeTensor judge = runtime.zeros(DType.FLOAT32, Shape.of(judges.size()));
        NativeTensor state = runtime.zeros(DType.FLOAT32, Shape.of(objective.state().size()));
        NativeTensor image = runtime.zeros(DType.UINT8, Shape.of(4, 3, 8, 8));
        NativeTensor key = runtime.scalar(5L);
        NativeTensor shard = runtime.scalar(0L)) {
      layout.initialize(2, weights.memory());
      judges.initialize(1, judge.memory());
      objective.state().initialize(3, state.memory());
      for (int i = 0; i < 4 * 3 * 8 * 8; i++) {
        image.memory().put(i, colour(i));
      }
      try (Results results =
          adversarial
              ? program.run(weights, state, image, key, shard, judge)
              : program.run(weights, state, image, key, shard)) {
        return adversarial
            ? List.of(
                results.get(0).toFloats(), results.get(1).toFloats(), results.get(2).toFloats())
            : List.of(results.get(0).toFloats(), results.get(1).toFloats());
      }
    }
  }

  private static byte colour(int i) {
    return (byte) (i * 37);
  }

  @Test
  void theReconstructionsLossWeighsBothErrorsAsTheRecipeSays() {
    int shards = 4;
    List<float[]> found = given(phase(new VqganRecipe.Losses(2, 3), shards, 1));
    float[] made = found.get(2);
    double absolute = 0;
    double squared = 0;
    for (int i = 0; i < made.length; i++) {
      double difference = made[i] - (Byte.toUnsignedInt(colour(i)) / 127.5 - 1);
      absolute += Math.abs(difference) / made.length;
      squared += difference * difference / made.length;
    }
    // A shard tells its share of the mean.
    assertThat(found.get(1)[0] * (double) shards)
        .isCloseTo(2 * absolute + 3 * squared, within(1e-5));
    assertThat(found.get(1)[1] * (double) shards).isCloseTo(squared, within(1e-5));
    assertThat(Math.abs(absolute - squared)).isGreaterThan(0.01);
  }

  @Test
  void shardsAddUpToTheMeansGradient() {
    float[] whole = given(phase(VqganRecipe.Losses.defaults(), 1, 0)).get(0);
    float[] quarter = given(phase(VqganRecipe.Losses.defaults(), 4, 0)).get(0);
    double most = 0;
    for (int i = 0; i < whole.length; i++) {
      most = Math.max(most, Math.abs(whole[i]));
    }
    assertThat(most).isGreaterThan(1e-3);
    for (int i = 0; i < whole.length; i++) {
      assertThat(4.0 * quarter[i]).isCloseTo(whole[i], within(1e-5 * most));
    }
  }

  @Test
  void optimizersAreTheRecipes() {
    OptimizerRecipe own = objective(100).groups().get(1).optimizer();
    assertThat(own).isEqualTo(TinyVqgan.recipe(100).adversary().optimizer());
  }
}
