package dev.tessera.models.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.tessera.models.checkpoint.VectorName;
import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Initializer;
import dev.tessera.models.graph.Scope;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.Target;
import dev.tessera.models.optimizer.Adam;
import dev.tessera.models.optimizer.AdamW;
import dev.tessera.models.optimizer.Muon;
import dev.tessera.models.optimizer.RateSchedule;
import dev.tessera.models.optimizer.RmsProp;
import dev.tessera.models.optimizer.Rule;
import dev.tessera.models.optimizer.Sgd;
import dev.tessera.models.runtime.NativeTensor;
import dev.tessera.models.runtime.ProgramContract;
import dev.tessera.models.runtime.TorchRuntime;
import java.util.Arrays;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Every rule against its published recursion in double, skipped steps included. */
final class RulesTest {

  private static final int ROWS = 3;
  private static final int COLUMNS = 4;
  private static final int MATRIX = ROWS * COLUMNS;
  private static final int SIZE = MATRIX + 5;
  private static final double RATE = 0.01;
  private static final double DECAY = 0.1;
  private static final int BATCH = 10;
  private static TorchRuntime runtime;

  @BeforeAll
  static void open() {
    runtime = TorchRuntime.onCpu();
  }

  @AfterAll
  static void close() {
    runtime.close();
  }

  private static Group group(Rule rule) {
    Scope scope = Scope.group("net");
    scope.vector("bias", Shape.of(SIZE - MATRIX), new Initializer.Uniform(1));
    scope.matrix("weight", Shape.of(ROWS, COLUMNS), new Initializer.Uniform(1));
    OptimizerRecipe recipe = new OptimizerRecipe(rule, RATE).withDecay(DECAY).withClip(0);
    return new Group(scope.layout(), recipe, Optional.of(new EmaRecipe.Decay(0.5, false)));
  }

  /** One step of all elements: what is taken from the parameters, before the rate. */
  private interface Reference {
    double[] direction(double[] gradient, double[] parameters, int step);
  }

  private enum Case {
    ADAM {
      @Override
      Rule rule() {
        return new Adam(0.8, 0.95, 1e-6, 0);
      }

      @Override
      Reference reference() {
        return adam(0.8, 0.95, 1e-6, 0);
      }
    },
    ADAM_L2 {
      @Override
      Rule rule() {
        return new Adam(0.8, 0.95, 1e-6, 0.3);
      }

      @Override
      Reference reference() {
        return adam(0.8, 0.95, 1e-6, 0.3);
      }
    },
    SGD {
      @Override
      Rule rule() {
        return new Sgd(0, false, 0.2);
      }

      @Override
      Reference reference() {
        return (g, p, step) -> coupled(g, p, 0.2);
      }
    },
    MOMENTUM {
      @Override
      Rule rule() {
        return new Sgd(0.7, false, 0);
      }

      @Override
      Reference reference() {
        double[] buffer = new double[SIZE];
        return (g, p, step) -> {
          Arrays.setAll(buffer, i -> 0.7 * buffer[i] + g[i]);
          return buffer.clone();
        };
      }
    },
    NESTEROV {
      @Override
      Rule rule() {
        return new Sgd(0.7, true, 0.2);
      }

      @Override
      Reference reference() {
        double[] buffer = new double[SIZE];
        return (g, p, step) -> {
          double[] own = coupled(g, p, 0.2);
          Arrays.setAll(buffer, i -> 0.7 * buffer[i] + own[i]);
          return map(i -> own[i] + 0.7 * buffer[i]);
        };
      }
    },
    RMSPROP {
      @Override
      Rule rule() {
        return new RmsProp(0.9, 1e-5, 0, 0);
      }

      @Override
      Reference reference() {
        double[] square = new double[SIZE];
        return (g, p, step) -> {
          Arrays.setAll(square, i -> 0.9 * square[i] + 0.1 * g[i] * g[i]);
          return map(i -> g[i] / (Math.sqrt(square[i]) + 1e-5));
        };
      }
    },
    RMSPROP_MOMENTUM {
      @Override
      Rule rule() {
        return new RmsProp(0.9, 1e-5, 0.6, 0.1);
      }

      @Override
      Reference reference() {
        double[] square = new double[SIZE];
        double[] buffer = new double[SIZE];
        return (g, p, step) -> {
          double[] own = coupled(g, p, 0.1);
          Arrays.setAll(square, i -> 0.9 * square[i] + 0.1 * own[i] * own[i]);
          Arrays.setAll(buffer, i -> 0.6 * buffer[i] + own[i] / (Math.sqrt(square[i]) + 1e-5));
          return buffer.clone();
        };
      }
    },
    MUON {
      @Override
      Rule rule() {
        return new Muon(0.9, true, 5, 0.8, 0.95, 1e-6);
      }

      @Override
      Reference reference() {
        Reference vectors = adam(0.8, 0.95, 1e-6, 0);
        double[] buffer = new double[MATRIX];
        return (g, p, step) -> {
          double[] all = vectors.direction(g, p, step);
          Arrays.setAll(buffer, i -> 0.9 * buffer[i] + 0.1 * g[i]);
          double[][] along = new double[ROWS][COLUMNS];
          for (int i = 0; i < MATRIX; i++) {
            along[i / COLUMNS][i % COLUMNS] = 0.1 * g[i] + 0.9 * buffer[i];
          }
          double[][] unit = newtonSchulz(along);
          for (int i = 0; i < MATRIX; i++) {
            all[i] = 0.2 * Math.sqrt(COLUMNS) * unit[i / COLUMNS][i % COLUMNS];
          }
          return all;
        };
      }
    };

    abstract Rule rule();

    abstract Reference reference();
  }

  private static double[] map(java.util.function.IntToDoubleFunction each) {
    double[] values = new double[SIZE];
    Arrays.setAll(values, each);
    return values;
  }

  /** Matrices alone decay, and stand first in the flat vector. */
  private static double[] coupled(double[] g, double[] p, double l2) {
    return map(i -> g[i] + (i < MATRIX ? l2 * p[i] : 0));
  }

  private static Reference adam(double beta1, double beta2, double eps, double l2) {
    double[] m = new double[SIZE];
    double[] v = new double[SIZE];
    return (g, p, step) -> {
      double[] own = coupled(g, p, l2);
      Arrays.setAll(m, i -> beta1 * m[i] + (1 - beta1) * own[i]);
      Arrays.setAll(v, i -> beta2 * v[i] + (1 - beta2) * own[i] * own[i]);
      double first = 1 - Math.pow(beta1, step);
      double second = 1 - Math.pow(beta2, step);
      return map(i -> m[i] / first / (Math.sqrt(v[i] / second) + eps));
    };
  }

  private static double[][] newtonSchulz(double[][] x) {
    double norm = Math.sqrt(Arrays.stream(x).flatMapToDouble(Arrays::stream).map(v -> v * v).sum());
    double[][] y = combine(x, 1 / norm, x, 0);
    for (int i = 0; i < 5; i++) {
      double[][] square = product(y, transposed(y));
      double[][] factor = combine(square, -4.7750, product(square, square), 2.0315);
      y = combine(y, 3.4445, product(factor, y), 1);
    }
    return y;
  }

  private static double[][] transposed(double[][] x) {
    double[][] y = new double[x[0].length][x.length];
    for (int i = 0; i < x.length; i++) {
      for (int j = 0; j < y.length; j++) {
        y[j][i] = x[i][j];
      }
    }
    return y;
  }

  private static double[][] combine(double[][] x, double a, double[][] y, double b) {
    double[][] z = new double[x.length][x[0].length];
    for (int i = 0; i < z.length; i++) {
      for (int j = 0; j < z[0].length; j++) {
        z[i][j] = a * x[i][j] + b * y[i][j];
      }
    }
    return z;
  }

  private static double[][] product(double[][] x, double[][] y) {
    double[][] z = new double[x.length][y[0].length];
    for (int i = 0; i < z.length; i++) {
      for (int j = 0; j < z[0].length; j++) {
        for (int k = 0; k < y.length; k++) {
          z[i][j] += x[i][k] * y[k][j];
        }
      }
    }
    return z;
  }

  @ParameterizedTest
  @EnumSource
  void followsItsRecursion(Case rule) {
    for (Target target : Target.values()) {
      follow(rule, target, Optional.empty());
    }
  }

  @ParameterizedTest
  @EnumSource
  void aSkippedStepChangesNothing(Case rule) {
    for (Target target : Target.values()) {
      follow(rule, target, Optional.of(LossScaleRecipe.defaults()));
    }
  }

  private static void follow(Case which, Target target, Optional<LossScaleRecipe> scaling) {
    Group group = group(which.rule());
    Reference reference = which.reference();
    SplittableRandom random = new SplittableRandom(5);
    TrainingSchedule schedule = new TrainingSchedule(0, BATCH, 1, 1_000, 1_000);
    try (GroupState state = new GroupState(runtime, group, scaling, 11);
        Update update = new Update(runtime, group, scaling, target);
        NativeTensor gradient = runtime.zeros(DType.FLOAT32, Shape.of(SIZE))) {
      double[] p = doubles(state.parameters());
      double[] average = p.clone();
      int done = 0;
      for (int t = 0; t < 12; t++) {
        double[] g = map(i -> (float) random.nextDouble(-0.3, 0.3));
        boolean skipped = scaling.isPresent() && t % 3 == 1;
        double scale = scaling.isPresent() ? state.lossScale().toFloats()[0] : 1;
        float[] given = new float[SIZE];
        for (int i = 0; i < SIZE; i++) {
          given[i] = (float) (g[i] * scale);
        }
        if (skipped) {
          given[t] = t % 2 == 0 ? Float.NaN : Float.POSITIVE_INFINITY;
        }
        gradient.set(given);
        update.prepare(state, (long) t * BATCH, schedule);
        update.apply(state, gradient).close();
        if (!skipped) {
          done++;
          double[] direction = reference.direction(g, p, done);
          for (int i = 0; i < SIZE; i++) {
            p[i] = p[i] * (1 - (i < MATRIX ? RATE * DECAY : 0)) - RATE * direction[i];
            average[i] = (average[i] + p[i]) / 2;
          }
        }
      }
      assertThat(doubles(state.parameters())).containsExactly(p, within(3e-6));
      assertThat(doubles(state.average())).containsExactly(average, within(3e-6));
      assertThat(state.updates()).isEqualTo(done);
    }
  }

  private static double[] doubles(NativeTensor tensor) {
    float[] values = tensor.toFloats();
    return map(i -> values[i]);
  }

  @ParameterizedTest
  @EnumSource
  void theProgramIsAFunctionOfItsArguments(Case rule) {
    ProgramContract.verify(
        runtime, Update.trace(group(rule.rule()), Optional.empty(), Target.CPU), 5);
  }

  @Test
  void stateIsKeptForWhatTheRuleUsesAlone() {
    assertThat(new Sgd(0, false, 0).moments()).isEmpty();
    assertThat(Sgd.defaults().moments()).containsExactly("momentum_buffer");
    assertThat(RmsProp.defaults().moments()).containsExactly("square_avg");
    assertThat(AdamW.defaults().moments()).containsExactly("exp_avg", "exp_avg_sq");
    try (GroupState state =
        new GroupState(runtime, group(new Sgd(0, false, 0)), Optional.empty(), 1)) {
      assertThat(state.vectors().keySet())
          .extracting(VectorName::prefix)
          .containsExactly("parameters/net/", "ema/net/");
    }
  }

  @Test
  void unitRowsHaveRootMeanSquareOneAfterEveryUpdate() {
    Scope scope = Scope.group("net");
    scope.matrix("plain", Shape.of(2, 2), new Initializer.Uniform(1));
    scope.unitRows("weight", Shape.of(4, 3, 2));
    for (Target target : Target.values()) {
      Group group =
          new Group(
              scope.layout(),
              new OptimizerRecipe(AdamW.defaults(), 0.1),
              Optional.of(new EmaRecipe.Decay(0.9, false)));
      try (GroupState state = new GroupState(runtime, group, Optional.empty(), 3);
          Update update = new Update(runtime, group, Optional.empty(), target);
          NativeTensor gradient = runtime.zeros(DType.FLOAT32, Shape.of(28))) {
        float[] g = new float[28];
        for (int i = 0; i < g.length; i++) {
          g[i] = (float) Math.sin(i);
        }
        gradient.set(g);
        update.prepare(state, 0, new TrainingSchedule(0, 1, 1, 10, 10));
        update.apply(state, gradient).close();
        float[] values = state.parameters().toFloats();
        for (int row = 0; row < 4; row++) {
          double squares = 0;
          for (int i = 0; i < 6; i++) {
            squares += Math.pow(values[4 + 6 * row + i], 2);
          }
          // The divisor has 1e-4 added.
          assertThat(Math.sqrt(squares / 6)).isCloseTo(1, within(3e-4));
        }
      }
    }
  }

  @Test
  void ratesFollowTheirSchedules() {
    RateSchedule cosine = new RateSchedule.Cosine(0.1);
    assertThat(cosine.factor(0, 1000)).isEqualTo(1);
    assertThat(cosine.factor(500, 1000)).isCloseTo(0.55, within(1e-12));
    assertThat(cosine.factor(1000, 1000)).isCloseTo(0.1, within(1e-12));
    RateSchedule root = new RateSchedule.InverseSquareRoot(70_000L * 2048);
    assertThat(root.factor(70_000L * 2048, 1)).isEqualTo(1);
    assertThat(root.factor(4 * 70_000L * 2048, 1)).isCloseTo(0.5, within(1e-12));
    OptimizerRecipe recipe =
        new OptimizerRecipe(AdamW.defaults(), 2).with(100, 0.5).with(new RateSchedule.Cosine(0));
    assertThat(recipe.rate(49, 1000)).isCloseTo(2 * 0.5 * cosine(49), within(1e-12));
    assertThat(recipe.rate(400, 1000)).isCloseTo(2 * cosine(400), within(1e-12));
    assertThat(recipe.rate(750, 1000)).isCloseTo(2 * 0.5 * cosine(750), within(1e-12));
  }

  private static double cosine(double images) {
    return (1 + Math.cos(Math.PI * images / 1000)) / 2;
  }

  @Test
  void rulesRefuseWhatCannotTrain() {
    assertThatThrownBy(() -> new Sgd(0, true, 0))
        .hasMessage("nesterov: true (expected: false without momentum)");
    assertThatThrownBy(() -> new RmsProp(1, 1e-8, 0, 0))
        .hasMessage("alpha: 1.0 (expected: 0 or more, below 1)");
    assertThatThrownBy(() -> new Adam(0.9, 0.9, 0, 0))
        .hasMessage("eps: 0.0 (expected: above 0, finite)");
    assertThatThrownBy(() -> new RateSchedule.Cosine(2)).hasMessageContaining("last");
    assertThatThrownBy(() -> new RateSchedule.InverseSquareRoot(0)).hasMessageContaining("images");
  }
}
