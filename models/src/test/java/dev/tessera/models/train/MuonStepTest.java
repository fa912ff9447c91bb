package dev.tessera.models.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.tessera.models.diffusion.DiffusionModel;
import dev.tessera.models.diffusion.DiffusionRecipe;
import dev.tessera.models.diffusion.Signal;
import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Initializer;
import dev.tessera.models.graph.Layout;
import dev.tessera.models.graph.Parameter;
import dev.tessera.models.graph.Scope;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.Target;
import dev.tessera.models.nn.BackboneRecipe;
import dev.tessera.models.optimizer.Muon;
import dev.tessera.models.runtime.NativeTensor;
import dev.tessera.models.runtime.TorchRuntime;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Muon's first step on matrices of known singular values: the quintic on each of them. */
final class MuonStepTest {

  private static final double RATE = 0.01;
  private static TorchRuntime runtime;

  @BeforeAll
  static void open() {
    runtime = TorchRuntime.onCpu();
  }

  @AfterAll
  static void close() {
    runtime.close();
  }

  /** A gradient {@code U S V'} and the step {@code .2 sqrt(max(rows, columns)) U f(S) V'}. */
  private record Known(double[] gradient, double[] step) {

    static Known of(int rows, int columns, long seed) {
      int rank = Math.min(rows, columns);
      double[][] u = orthonormal(rows, rank, seed);
      double[][] v = orthonormal(columns, rank, seed + 1);
      double[] s = new double[rank];
      Arrays.setAll(s, i -> new double[] {3, 1, 0.3, 0.1}[i] * (1 + seed));
      double norm = Math.sqrt(Arrays.stream(s).map(x -> x * x).sum());
      double[] f = Arrays.stream(s).map(x -> quintic(x / norm)).toArray();
      double size = 0.2 * Math.sqrt(Math.max(rows, columns));
      double[] gradient = new double[rows * columns];
      double[] step = new double[rows * columns];
      for (int i = 0; i < gradient.length; i++) {
        for (int k = 0; k < rank; k++) {
          double outer = u[k][i / columns] * v[k][i % columns];
          gradient[i] += s[k] * outer;
          step[i] += size * f[k] * outer;
        }
      }
      return new Known(gradient, step);
    }

    private static double quintic(double s) {
      double y = s;
      for (int i = 0; i < 5; i++) {
        y = 3.4445 * y - 4.7750 * Math.pow(y, 3) + 2.0315 * Math.pow(y, 5);
      }
      return y;
    }

    /** {@code count} vectors of so many elements, by Gram and Schmidt. */
    private static double[][] orthonormal(int length, int count, long seed) {
      SplittableRandom random = new SplittableRandom(seed);
      double[][] vectors = new double[count][];
      for (int k = 0; k < count; k++) {
        double[] x = random.doubles(length, -1, 1).toArray();
        for (int j = 0; j < k; j++) {
          double[] other = vectors[j];
          double along = 0;
          for (int i = 0; i < length; i++) {
            along += x[i] * other[i];
          }
          for (int i = 0; i < length; i++) {
            x[i] -= along * other[i];
          }
        }
        double norm = Math.sqrt(Arrays.stream(x).map(a -> a * a).sum());
        vectors[k] = Arrays.stream(x).map(a -> a / norm).toArray();
      }
      return vectors;
    }
  }

  private static void follow(UnaryOperator<Scope> place, Shape shape, List<Known> stacked) {
    Scope scope = Scope.group("net");
    place.apply(scope).matrix("weight", shape, Initializer.zeros());
    int size = Math.toIntExact(shape.size());
    OptimizerRecipe optimizer =
        new OptimizerRecipe(new Muon(0.9, true, 5, 0.9, 0.95, 1e-8), RATE).withDecay(0).withClip(0);
    Group group = new Group(scope.layout(), optimizer, Optional.empty());
    for (Target target : Target.values()) {
      try (GroupState state = new GroupState(runtime, group, Optional.empty(), 1);
          Update update = new Update(runtime, group, Optional.empty(), target);
          NativeTensor gradient = runtime.zeros(DType.FLOAT32, Shape.of(size))) {
        gradient.set(floats(stacked.stream().flatMapToDouble(k -> Arrays.stream(k.gradient()))));
        update.prepare(state, 0, new TrainingSchedule(0, 1, 1, 10, 10));
        update.apply(state, gradient).close();
        float[] found = state.parameters().toFloats();
        float[] wanted =
            floats(
                stacked.stream().flatMapToDouble(k -> Arrays.stream(k.step()).map(x -> -RATE * x)));
        assertThat(found).containsExactly(wanted, within(2e-7f));
      }
    }
  }

  private static float[] floats(java.util.stream.DoubleStream values) {
    double[] all = values.toArray();
    float[] floats = new float[all.length];
    for (int i = 0; i < all.length; i++) {
      floats[i] = (float) all[i];
    }
    return floats;
  }

  @Test
  void tallAndWideMatricesAndKernelsTakeTheirGoldenSteps() {
    follow(scope -> scope, Shape.of(9, 4), List.of(Known.of(9, 4, 1)));
    follow(scope -> scope, Shape.of(4, 9), List.of(Known.of(4, 9, 2)));
    follow(scope -> scope, Shape.of(4, 4), List.of(Known.of(4, 4, 3)));
    // The kernel's matrix is [out, in x height x width].
    follow(scope -> scope, Shape.of(3, 2, 2, 2), List.of(Known.of(3, 8, 4)));
  }

  @Test
  void stackedMapsAreAMatrixEach() {
    List<Known> three = List.of(Known.of(4, 4, 0), Known.of(4, 4, 6), Known.of(4, 4, 2));
    follow(scope -> scope.stacked(3), Shape.of(12, 4), three);
    follow(
        scope -> scope.stacked(2),
        Shape.of(6, 8, 1, 1),
        List.of(Known.of(3, 8, 5), Known.of(3, 8, 1)));
  }

  @Test
  void networksSayWhatTheyStack() {
    BackboneRecipe gated =
        new BackboneRecipe.Dit(
            1,
            16,
            2,
            2,
            BackboneRecipe.Dit.Norm.LAYER,
            BackboneRecipe.Dit.FeedForward.SWIGLU,
            BackboneRecipe.Dit.Positions.SIN_COS,
            false,
            32);
    assertThat(stacks(gated))
        .containsExactlyInAnyOrder("qkv 3", "modulation 6", "modulation 2", "up 2");
    assertThat(stacks(new BackboneRecipe.Dit(1, 16, 2, 2)))
        .containsExactlyInAnyOrder("qkv 3", "modulation 6", "modulation 2");
    assertThat(stacks(new BackboneRecipe.Unet(8, List.of(1, 2), 1, 2)))
        .containsExactlyInAnyOrder("qkv 3", "condition 2");
    assertThat(stacks(new BackboneRecipe.Adm(8, List.of(1, 2), 1, List.of(8), 4, 0)))
        .containsExactlyInAnyOrder("qkv 3", "condition 2");
    assertThat(stacks(new BackboneRecipe.DdpmPlusPlus(8, List.of(1, 2), 1, List.of(8), 0)))
        .containsExactlyInAnyOrder("qkv 3");
    assertThat(stacks(new BackboneRecipe.Mlp(16, 2))).containsExactlyInAnyOrder("modulation 2");
  }

  private static Set<String> stacks(BackboneRecipe backbone) {
    boolean flat = backbone instanceof BackboneRecipe.Mlp;
    DiffusionModel model =
        new DiffusionModel(
            DiffusionRecipe.defaults().with(backbone).withClasses(false, 0),
            flat ? Signal.latents(2, 1, 1, 0, 1) : Signal.latents(4, 8, 8, 0, 1),
            0);
    Set<String> found = new HashSet<>();
    for (Layout.Slice slice : model.layout().slices().values()) {
      Parameter parameter = slice.parameter();
      String[] path = parameter.name().split("\\.", -1);
      if (parameter.parts() > 1) {
        found.add(path[path.length - 2] + " " + parameter.parts());
      } else if (parameter.name().endsWith("qkv.weight")) {
        found.add("qkv whole");
      }
    }
    return found;
  }
}
