package dev.tessera.models.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Initializer;
import dev.tessera.models.graph.Scope;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.Target;
import dev.tessera.models.optimizer.AdamW;
import dev.tessera.models.runtime.NativeTensor;
import dev.tessera.models.runtime.ProgramContract;
import dev.tessera.models.runtime.TorchRuntime;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Clip, warm-up, cool-down, decay, AdamW and average against the formulas in double. */
final class UpdateTest {

  private static final int MATRIX = 12;
  private static final int SIZE = 17;
  private static TorchRuntime runtime;

  @BeforeAll
  static void open() {
    runtime = TorchRuntime.onCpu();
  }

  @AfterAll
  static void close() {
    runtime.close();
  }

  private static Group group(OptimizerRecipe optimizer, EmaRecipe ema) {
    Scope scope = Scope.group("net");
    scope.vector("bias", Shape.of(SIZE - MATRIX), new Initializer.Uniform(1));
    scope.matrix("weight", Shape.of(3, 4), new Initializer.Uniform(1));
    return new Group(scope.layout(), optimizer, Optional.ofNullable(ema));
  }

  @Test
  void followsTheFormulasOverManySteps() {
    OptimizerRecipe recipe =
        new OptimizerRecipe(new AdamW(0.8, 0.95, 1e-6), 3e-3)
            .withDecay(0.1)
            .with(200, 0.4)
            .withClip(0.7);
    EmaRecipe.HalfLife ema = new EmaRecipe.HalfLife(300, 0.5);
    verify(recipe, ema, 40, Target.CPU);
    verify(recipe, ema, 40, Target.GPU);
  }

  @Test
  void followsTheFormulasWithoutDecayClipWarmupAndAverage() {
    OptimizerRecipe plain = new OptimizerRecipe(new AdamW(0.9, 0.999, 1e-8), 1e-2).withClip(0);
    verify(plain, null, 20, Target.CPU);
    verify(plain, null, 20, Target.GPU);
  }

  private static void verify(
      OptimizerRecipe recipe, EmaRecipe.HalfLife ema, int steps, Target target) {
    Group group = group(recipe, ema);
    AdamW rule = (AdamW) recipe.rule();
    int batch = 10;
    TrainingSchedule schedule = new TrainingSchedule(0, batch, 1, (long) steps * batch, 1_000);
    SplittableRandom random = new SplittableRandom(3);
    try (GroupState state = new GroupState(runtime, group, Optional.empty(), 11);
        Update update = new Update(runtime, group, Optional.empty(), target);
        NativeTensor gradient = runtime.zeros(DType.FLOAT32, Shape.of(SIZE))) {
      double[] p = doubles(state.parameters());
      double[] m = new double[SIZE];
      double[] v = new double[SIZE];
      double[] average = p.clone();
      for (int t = 1; t <= steps; t++) {
        float[] g = new float[SIZE];
        double squares = 0;
        for (int i = 0; i < SIZE; i++) {
          g[i] = (float) random.nextDouble(-0.3, 0.3);
          squares += (double) g[i] * g[i];
        }
        gradient.set(g);
        long images = (t - 1L) * batch;
        update.prepare(state, images, schedule);
        double norm = norm(update, state, gradient);
        assertThat(norm).isCloseTo(Math.sqrt(squares), within(1e-6));
        double clip = recipe.clipNorm() > 0 ? Math.min(1, recipe.clipNorm() / (norm + 1e-6)) : 1;
        double rate =
            recipe.learningRate()
                * (recipe.warmupImages() == 0
                    ? 1
                    : Math.min(1, (images + 1.0) / recipe.warmupImages()))
                * (recipe.cooldown() == 0
                    ? 1
                    : Math.min(
                        1, (schedule.images() - images) / (recipe.cooldown() * schedule.images())));
        for (int i = 0; i < SIZE; i++) {
          double x = clip * g[i];
          m[i] = rule.beta1() * m[i] + (1 - rule.beta1()) * x;
          v[i] = rule.beta2() * v[i] + (1 - rule.beta2()) * x * x;
          // Matrices stand first in the flat vector.
          p[i] *= 1 - rate * (i < MATRIX ? recipe.weightDecay() : 0);
          double first = m[i] / (1 - Math.pow(rule.beta1(), t));
          double second = v[i] / (1 - Math.pow(rule.beta2(), t));
          p[i] -= rate * first / (Math.sqrt(second) + rule.eps());
        }
        if (ema != null) {
          double halfLife = Math.min(ema.halfLifeImages(), ema.rampup() * (images + batch));
          double keep = Math.pow(0.5, batch / halfLife);
          for (int i = 0; i < SIZE; i++) {
            average[i] = keep * average[i] + (1 - keep) * p[i];
          }
        }
      }
      assertThat(doubles(state.parameters())).containsExactly(p, within(2e-6));
      assertThat(state.updates()).isEqualTo(steps);
      if (ema != null) {
        assertThat(doubles(state.average())).containsExactly(average, within(2e-6));
      } else {
        assertThat(state.average()).isNull();
      }
    }
  }

  private static double norm(Update update, GroupState state, NativeTensor gradient) {
    try (NativeTensor norm = update.apply(state, gradient)) {
      return norm.item();
    }
  }

  private static double[] doubles(NativeTensor tensor) {
    float[] values = tensor.toFloats();
    double[] doubles = new double[values.length];
    for (int i = 0; i < values.length; i++) {
      doubles[i] = values[i];
    }
    return doubles;
  }

  @Test
  void theFirstStepDoesNotAddEpsilonBeforeTheCorrection() {
    // With g = eps the step is half the rate; epsilon before the correction would give 0.03 of it.
    Group group = group(new OptimizerRecipe(new AdamW(0.9, 0.999, 1e-8), 1).withClip(0), null);
    try (GroupState state = new GroupState(runtime, group, Optional.empty(), 1);
        Update update = new Update(runtime, group, Optional.empty());
        NativeTensor gradient = runtime.zeros(DType.FLOAT32, Shape.of(SIZE))) {
      state.parameters().set(new float[SIZE]);
      float[] g = new float[SIZE];
      java.util.Arrays.fill(g, 1e-8f);
      gradient.set(g);
      update.prepare(state, 0, new TrainingSchedule(0, 1, 1, 1, 1));
      norm(update, state, gradient);
      assertThat(state.parameters().toFloats()[0]).isCloseTo(-0.5f, within(1e-3f));
    }
  }

  @Test
  void theHalfLifeOfTheAverageGrowsWithTheRun() {
    EmaRecipe ema = EmaRecipe.defaults();
    // Karras et al. 2022: beta at full length for a batch of 512 is 0.99929.
    assertThat(ema.keep(0, 100_000_000, 512)).isCloseTo(.99929047, within(1e-8));
    assertThat(ema.keep(0, 20_000, 1000)).isCloseTo(0.5, within(1e-12));
    assertThat(ema.keep(0, 0, 64)).isZero();
  }

  @Test
  void theProgramIsAFunctionOfItsArguments() {
    Group group = group(OptimizerRecipe.defaults(), EmaRecipe.defaults());
    ProgramContract.verify(runtime, Update.trace(group, Optional.empty(), Target.CPU), 5);
  }

  @Test
  void recipesRefuseWhatCannotTrain() {
    assertThatThrownBy(() -> new OptimizerRecipe(new AdamW(0.9, 0.99, 1e-8), 0))
        .hasMessage("learningRate: 0.0 (expected: above 0)");
    assertThatThrownBy(() -> new OptimizerRecipe(new AdamW(0.9, 1, 1e-8), 1))
        .hasMessage("beta2: 1.0 (expected: 0 or more, below 1)");
    assertThatThrownBy(() -> new EmaRecipe.HalfLife(Double.NaN, 1))
        .hasMessageContaining("halfLifeImages");
    assertThatThrownBy(() -> new TrainingSchedule(1, 12, 8, 10, 10))
        .hasMessage("shards: 8 (expected: a power of two that divides the batch of 12)");
    assertThatThrownBy(() -> new TrainingSchedule(1, 12, 3, 10, 10)).hasMessageContaining("shards");
    assertThat(new TrainingSchedule(1, 12, 4, 25, 10).steps()).isEqualTo(3);
  }
}
