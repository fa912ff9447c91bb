package dev.tessera.models.diffusion.space;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Precision;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.Tensor;
import dev.tessera.models.graph.Trace;
import dev.tessera.models.runtime.Executable;
import dev.tessera.models.runtime.Libtorch;
import dev.tessera.models.runtime.NativeTensor;
import dev.tessera.models.runtime.Results;
import dev.tessera.models.runtime.TorchRuntime;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Programs compute the formulas that doubles do. */
final class TracedTest {

  private static final double[] LEVELS = {0.003, 0.07, 0.5, 1.3, 9, 70};
  private static final double[] DRAWN = {0.001, 0.13, 0.4, 0.5, 0.77, 0.999};
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

  /** A formula of one vector. */
  private interface Formula {
    <R extends Real<R>> R of(R x);
  }

  private static void check(List<Formula> formulas, double[] x) {
    for (DType dtype : List.of(DType.FLOAT64, DType.FLOAT32)) {
      Trace trace = new Trace("formulas", dtype == DType.FLOAT64 ? Precision.FP64 : Precision.FP32);
      Tensor input = trace.input("x", DType.FLOAT64, Shape.of(x.length));
      Traced traced = new Traced(input.cast(dtype));
      Tensor[] results =
          formulas.stream()
              .map(f -> f.of(traced).tensor().cast(DType.FLOAT64))
              .toArray(Tensor[]::new);
      try (Executable program = runtime.load(trace.finish(results));
          NativeTensor values = runtime.zeros(DType.FLOAT64, Shape.of(x.length))) {
        values.set(x);
        try (Results found = program.run(values)) {
          for (int i = 0; i < formulas.size(); i++) {
            compare(formulas.get(i).of(Numbers.of(x)).values(), found.get(i).toDoubles(), dtype, i);
          }
        }
      }
    }
  }

  private static void compare(double[] expected, double[] found, DType dtype, int formula) {
    assertThat(found).hasSameSizeAs(expected);
    for (int i = 0; i < found.length; i++) {
      double size = Math.max(1e-3, Math.abs(expected[i]));
      double tolerance = (dtype == DType.FLOAT64 ? 1e-12 : 2e-4) * size;
      assertThat(found[i])
          .as("formula %d, element %d, %s", formula, i, dtype)
          .isCloseTo(expected[i], within(tolerance));
    }
  }

  @Test
  void predictionsAndPreconditioning() {
    List<Formula> formulas = new ArrayList<>();
    List<Preconditioning> given =
        List.of(
            new Preconditioning.Edm(),
            new Preconditioning.Own(),
            Preconditioning.Vp.defaults(),
            new Preconditioning.Ve(),
            Preconditioning.Iddpm.defaults());
    for (Path path : paths()) {
      for (Prediction prediction : Prediction.values()) {
        if (!(path instanceof Discrete && prediction == Prediction.FLOW)) {
          formulas.add(
              new Formula() {
                @Override
                public <R extends Real<R>> R of(R x) {
                  return prediction.skip(x, path, 0.5).add(prediction.out(x, path, 0.5));
                }
              });
        }
      }
      for (Preconditioning preconditioning : given) {
        formulas.add(
            new Formula() {
              @Override
              public <R extends Real<R>> R of(R x) {
                return preconditioning.noise(x, path);
              }
            });
        formulas.add(
            new Formula() {
              @Override
              public <R extends Real<R>> R of(R x) {
                return preconditioning.in(x, path, 0.5);
              }
            });
      }
    }
    check(formulas, LEVELS);
  }

  private static List<Path> paths() {
    List<Path> paths = new ArrayList<>(PathTest.CONTINUOUS);
    paths.add(new Discrete(Betas.Linear.defaults(), 40, false));
    paths.add(new Discrete(Betas.ScaledLinear.defaults(), 40, true));
    return paths;
  }

  @Test
  void noiseLevels() {
    List<NoiseDistribution> distributions =
        List.of(
            NoiseDistribution.LogNormal.defaults(),
            NoiseDistribution.LogitNormal.defaults(),
            NoiseDistribution.Uniform.defaults(),
            NoiseDistribution.Mode.defaults(),
            new NoiseDistribution.CosMap(),
            NoiseDistribution.LogUniform.defaults(),
            NoiseDistribution.Geometric.defaults());
    List<Formula> formulas = new ArrayList<>();
    for (NoiseDistribution noise : distributions) {
      for (Path path : paths()) {
        formulas.add(
            new Formula() {
              @Override
              public <R extends Real<R>> R of(R x) {
                return noise.sigma(x, path).log();
              }
            });
      }
    }
    check(formulas, DRAWN);
  }

  @Test
  void weights() {
    List<Weighting> weightings =
        List.of(
            new Weighting.Edm(),
            new Weighting.Data(),
            new Weighting.Eps(),
            new Weighting.V(),
            new Weighting.Flow(),
            Weighting.MinSnr.defaults(),
            Weighting.SoftMinSnr.defaults(),
            new Weighting.Likelihood());
    List<Formula> formulas = new ArrayList<>();
    for (Weighting weighting : weightings) {
      for (Path path : PathTest.CONTINUOUS) {
        formulas.add(
            new Formula() {
              @Override
              public <R extends Real<R>> R of(R x) {
                return weighting.weight(x, path, 0.5);
              }
            });
      }
    }
    check(formulas, LEVELS);
  }
}
