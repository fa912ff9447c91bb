package dev.tessera.models.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Initializer;
import dev.tessera.models.graph.Parameter;
import dev.tessera.models.graph.Precision;
import dev.tessera.models.graph.Scope;
import dev.tessera.models.graph.Segmentation;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.Target;
import dev.tessera.models.graph.Tensor;
import dev.tessera.models.graph.Trace;
import dev.tessera.models.optimizer.AdamW;
import dev.tessera.models.runtime.Executable;
import dev.tessera.models.runtime.Libtorch;
import dev.tessera.models.runtime.NativeTensor;
import dev.tessera.models.runtime.ProgramContract;
import dev.tessera.models.runtime.Results;
import dev.tessera.models.runtime.TorchRuntime;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The scale of a group's loss, step by step, as PyTorch and Megatron-LM move theirs. */
final class LossScaleTest {

  private static final LossScaleRecipe USUAL = LossScaleRecipe.defaults();
  private static final LossScaleRecipe MEGATRON =
      new LossScaleRecipe(4_294_967_296.0, 2, 1_000, 0.5, 2, 1);
  private static final TrainingSchedule SCHEDULE = new TrainingSchedule(0, 1, 1, 10_000, 10_000);
  private static final float[] SOUND = {1, -2, 3, 4};

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

  /** A group of four parameters under one scale. */
  private static final class Run implements AutoCloseable {
    private final GroupState state;
    private final Update update;
    private final NativeTensor gradient = runtime.zeros(DType.FLOAT32, Shape.of(4));
    private long steps;

    Run(LossScaleRecipe recipe, OptimizerRecipe optimizer, Optional<EmaRecipe> ema) {
      Scope scope = Scope.group("net");
      scope.matrix("weight", Shape.of(2), Initializer.ones());
      scope.vector("bias", Shape.of(2), Initializer.ones());
      Group group = new Group(scope.layout(), optimizer, ema);
      state = new GroupState(runtime, group, Optional.of(recipe), 11);
      update = new Update(runtime, group, Optional.of(recipe));
    }

    Run(LossScaleRecipe recipe) {
      this(
          recipe,
          new OptimizerRecipe(new AdamW(0.9, 0.99, 1e-8), 1e-3).withDecay(0.1),
          Optional.of(new EmaRecipe.HalfLife(100, 0.5)));
    }

    /** One step with a gradient that was made under the scale. */
    UpdateReport step(float... values) {
      float scale = scale();
      float[] scaled = values.clone();
      for (int i = 0; i < scaled.length; i++) {
        scaled[i] *= scale;
      }
      gradient.set(scaled);
      update.prepare(state, steps++, SCHEDULE);
      try (NativeTensor report = update.apply(state, gradient)) {
        return UpdateReport.of(report.toFloats());
      }
    }

    float scale() {
      return state.lossScale().toFloats()[0];
    }

    float cleanSteps() {
      return state.lossScale().toFloats()[1];
    }

    /** All that a skipped step must leave as it is, to the bit. */
    List<List<Integer>> bits() {
      return List.of(
          bits(state.parameters()),
          bits(state.moments().get(0)),
          bits(state.moments().get(1)),
          bits(state.average()),
          bits(state.step()));
    }

    private static List<Integer> bits(NativeTensor tensor) {
      List<Integer> bits = new java.util.ArrayList<>();
      for (float value : tensor.toFloats()) {
        bits.add(Float.floatToRawIntBits(value));
      }
      return bits;
    }

    @Override
    public void close() {
      state.close();
      update.close();
      gradient.close();
    }
  }

  @ParameterizedTest
  @ValueSource(floats = {Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, Float.NaN})
  void aGradientThatIsNoNumberSkipsTheStepAndHalvesTheScale(float wrong) {
    try (Run run = new Run(USUAL)) {
      for (int i = 0; i < 5; i++) {
        assertThat(run.step(SOUND).skipped()).isFalse();
      }
      List<List<Integer>> before = run.bits();
      assertThat(run.cleanSteps()).isEqualTo(5);
      UpdateReport report = run.step(1, wrong, 3, 4);
      assertThat(report.scaling()).contains(new UpdateReport.Scaling(true, 32_768));
      assertThat(run.scale()).isEqualTo(32_768);
      assertThat(run.cleanSteps()).isZero();
      assertThat(run.bits()).isEqualTo(before);
      assertThat(run.state.updates()).isEqualTo(5);
      assertThat(run.step(SOUND).skipped()).isFalse();
      assertThat(run.state.updates()).isEqualTo(6);
      assertThat(run.bits()).isNotEqualTo(before);
    }
  }

  @Test
  void theScaleDoublesAfterExactlyTwoThousandCleanSteps() {
    try (Run run = new Run(USUAL)) {
      run.step(Float.NaN, 0, 0, 0);
      for (int i = 0; i < 1_999; i++) {
        run.step(SOUND);
      }
      assertThat(run.scale()).isEqualTo(32_768);
      assertThat(run.step(SOUND).scaling()).contains(new UpdateReport.Scaling(false, 65_536));
      assertThat(run.cleanSteps()).isZero();
    }
  }

  @Test
  void megatronsScaleFallsAtTheSecondSkippedStepSinceItGrew() {
    try (Run run = new Run(MEGATRON)) {
      double first = MEGATRON.initial();
      assertThat(run.step(Float.NaN, 0, 0, 0).skipped()).isTrue();
      assertThat(run.scale()).isEqualTo((float) first);
      run.step(SOUND);
      run.step(Float.NaN, 0, 0, 0);
      assertThat(run.scale()).as("not in a row").isEqualTo((float) (first / 2));
      run.step(SOUND);
      run.step(Float.NaN, 0, 0, 0);
      assertThat(run.scale()).as("still not refilled").isEqualTo((float) (first / 4));
      for (int i = 0; i < 1_000; i++) {
        run.step(SOUND);
      }
      assertThat(run.scale()).as("grown").isEqualTo((float) (first / 2));
      run.step(Float.NaN, 0, 0, 0);
      assertThat(run.scale()).as("refilled by growth").isEqualTo((float) (first / 2));
      run.step(Float.NaN, 0, 0, 0);
      assertThat(run.scale()).isEqualTo((float) (first / 4));
    }
  }

  @Test
  void aScaleOfGradientsOfZerosStaysANumber() {
    try (Run run = new Run(new LossScaleRecipe(0x1p126, 4, 1, 0.5, 1, 1))) {
      run.step(0, 0, 0, 0);
      assertThat(run.scale()).isEqualTo(0x1p126f);
      run.step(Float.NaN, 0, 0, 0);
      run.step(0, 0, 0, 0);
      assertThat(run.scale()).isEqualTo(0x1p127f);
    }
  }

  @Test
  void aScaledGradientUpdatesAsItsUnscaledSelf() {
    OptimizerRecipe optimizer =
        new OptimizerRecipe(new AdamW(0.9, 0.99, 1e-8), 1e-2).withDecay(0.1).withClip(0.5);
    try (Run large = new Run(USUAL, optimizer, Optional.empty());
        Run one = new Run(new LossScaleRecipe(1, 1, 1, 0.5, 1, 0.5), optimizer, Optional.empty())) {
      for (int i = 0; i < 20; i++) {
        UpdateReport report = large.step(0.3f * i, -1e-3f, 2, -i);
        assertThat(report.norm()).isEqualTo(one.step(0.3f * i, -1e-3f, 2, -i).norm());
      }
      // Powers of two: scaled and unscaled arithmetic are the same to the bit.
      assertThat(large.state.parameters().toFloats()).isEqualTo(one.state.parameters().toFloats());
      assertThat(large.state.moments().get(1).toFloats())
          .isEqualTo(one.state.moments().get(1).toFloats());
    }
  }

  @Test
  void masterWeightsTakeWhatHalfPrecisionLoses() {
    // Without moments and with a gradient of a power of two, AdamW moves by exactly the rate.
    OptimizerRecipe optimizer = new OptimizerRecipe(new AdamW(0, 0, 1e-30), 0x1p-12).withClip(0);
    TrainingSchedule schedule = new TrainingSchedule(0, 1, 1, 4_096, 4_096);
    try (Run run = new Run(USUAL, optimizer, Optional.empty())) {
      for (int i = 0; i < schedule.steps(); i++) {
        run.step(-1, -1, -1, -1);
      }
      assertThat(run.state.parameters().toFloats()).containsOnly(2);
    }
    assertThat(sumOfSmall(DType.FLOAT16)).isEqualTo(1);
    assertThat(sumOfSmall(DType.FLOAT32)).isEqualTo(2);
  }

  /** 1 and 4,096 times 2^-12, added one by one. */
  private static float sumOfSmall(DType dtype) {
    Trace add = new Trace("add", Precision.FP32);
    Tensor weight = add.input("weight", dtype, Shape.of(1));
    Tensor more = add.full(dtype, Shape.of(1), 0x1p-12);
    Tensor sum = weight.addInPlace(more, 1);
    Trace set = new Trace("set", Precision.FP32);
    Tensor target = set.input("weight", dtype, Shape.of(1));
    Tensor one = target.copyFrom(set.full(dtype, Shape.of(1), 1));
    try (Executable adder = runtime.load(add.finish(sum.cast(DType.FLOAT32)));
        Executable setter = runtime.load(set.finish(one));
        NativeTensor memory = runtime.zeros(dtype, Shape.of(1))) {
      setter.run(memory).close();
      float last = 0;
      for (int i = 0; i < 4_096; i++) {
        try (Results results = adder.run(memory)) {
          last = results.get(0).item();
        }
      }
      return last;
    }
  }

  @Test
  void aScaledLossKeepsGradientsThatWouldUnderflow() {
    Scope scope = Scope.group("model");
    Parameter weight = scope.matrix("weight", Shape.of(1, 1), Initializer.ones());
    Trace trace = new Trace("small", Precision.FP16);
    Tensor flat = trace.input("model", DType.FLOAT32, Shape.of(1));
    Tensor x = trace.input("batch_x", DType.FLOAT32, Shape.of(1, 1));
    LossScale scale = LossScale.input(trace);
    Tensor gradient =
        trace.gradient(
            scope.layout(),
            flat,
            Segmentation.WHOLE,
            () -> scale.of(x.linear(trace.weight(weight), null).master().mul(0x1p-27).sumAll()));
    try (Executable program = runtime.load(trace.finish(gradient));
        NativeTensor one = runtime.zeros(DType.FLOAT32, Shape.of(1));
        NativeTensor data = runtime.zeros(DType.FLOAT32, Shape.of(1, 1));
        NativeTensor scaler = runtime.zeros(DType.FLOAT32, Shape.of(3))) {
      one.set(1f);
      data.set(1f);
      scaler.set(1f, 0, 0);
      try (Results results = program.run(one, data, scaler)) {
        assertThat(results.get(0).item()).isZero();
      }
      scaler.set(65_536f, 0, 0);
      try (Results results = program.run(one, data, scaler)) {
        assertThat(results.get(0).item()).isEqualTo(0x1p-11f);
      }
    }
  }

  @Test
  void programsKeepTheirContract() {
    Scope scope = Scope.group("net");
    scope.vector("bias", Shape.of(7), Initializer.zeros());
    Group group =
        new Group(scope.layout(), OptimizerRecipe.defaults(), Optional.of(EmaRecipe.defaults()));
    ProgramContract.verify(runtime, Update.trace(group, Optional.of(USUAL), Target.CPU), 5);
    ProgramContract.verify(runtime, StateGuard.keep(5), 6);
    ProgramContract.verify(runtime, StateGuard.settle(5), 7);
  }

  @Test
  void recipesRefuseWhatCannotScale() {
    Map<String, Runnable> wrong =
        Map.of(
            "initial: 0.5 (expected: at least minimum, 1.0, and a float32)",
            () -> new LossScaleRecipe(0.5, 2, 2_000, 0.5, 1, 1),
            "growth: 0.5 (expected: 1 or more, a float32)",
            () -> new LossScaleRecipe(65_536, 0.5, 2_000, 0.5, 1, 1),
            "growthInterval: 0 (expected: 1 to 16777216)",
            () -> new LossScaleRecipe(65_536, 2, 0, 0.5, 1, 1),
            "backoff: 1.0 (expected: above 0, below 1)",
            () -> new LossScaleRecipe(65_536, 2, 2_000, 1, 1, 1),
            "hysteresis: 0 (expected: 1 to 16777216)",
            () -> new LossScaleRecipe(65_536, 2, 2_000, 0.5, 0, 1),
            "minimum: 0.0 (expected: above 0)",
            () -> new LossScaleRecipe(65_536, 2, 2_000, 0.5, 1, 0));
    wrong.forEach(
        (message, recipe) ->
            assertThatThrownBy(recipe::run)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(message));
  }
}
