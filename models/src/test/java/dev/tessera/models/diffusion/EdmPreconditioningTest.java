package dev.tessera.models.diffusion;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Precision;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.Tensor;
import dev.tessera.models.graph.Trace;
import dev.tessera.models.runtime.Executable;
import dev.tessera.models.runtime.NativeTensor;
import dev.tessera.models.runtime.Results;
import dev.tessera.models.runtime.TorchRuntime;
import org.junit.jupiter.api.Test;

final class EdmPreconditioningTest {

  private static double[] at(double sigma) {
    Trace trace = new Trace("preconditioning", Precision.FP64);
    Tensor level = trace.input("sigma", DType.FLOAT64, Shape.of(1));
    EdmPreconditioning edm = new EdmPreconditioning(0.5);
    try (TorchRuntime runtime = TorchRuntime.onCpu();
        Executable program =
            runtime.load(
                trace.finish(
                    edm.skip(level),
                    edm.out(level),
                    edm.in(level),
                    edm.noise(level),
                    edm.weight(level)));
        NativeTensor value = runtime.zeros(DType.FLOAT64, Shape.of(1))) {
      value.set(sigma);
      double[] found = new double[5];
      try (Results results = program.run(value)) {
        for (int i = 0; i < 5; i++) {
          found[i] = results.get(i).toDoubles()[0];
        }
      }
      return found;
    }
  }

  @Test
  void hasItsGoldenValues() {
    // c_skip, c_out, c_in, c_noise and the weight of Karras et al. 2022, table 1.
    assertThat(at(0.5))
        .containsExactly(new double[] {0.5, 0.353553, 1.414214, -0.173287, 8}, within(1e-6));
    assertThat(at(1)).containsExactly(new double[] {0.2, 0.447214, 0.894427, 0, 5}, within(1e-6));
  }

  @Test
  void weighsEveryLevelAlikeAndKeepsVarianceOne() {
    for (double sigma : new double[] {0.002, 0.1, 3, 80}) {
      double[] c = at(sigma);
      assertThat(c[4] * c[1] * c[1]).as("weight c_out^2").isCloseTo(1, within(1e-9));
      assertThat(c[2] * c[2] * (sigma * sigma + 0.25)).isCloseTo(1, within(1e-9));
    }
  }

  @Test
  void theGridHasItsGoldenValues() {
    double[] golden = {
      80, 57.586, 40.7856, 28.3746, 19.3525, 12.9101, 8.40094, 5.31519, 3.25682, 1.92334, 1.08817,
      .585348, .296442, .139516, .0599473, .0229345, .00752802, .002, 0
    };
    double[] sigmas = KarrasGrid.defaults().sigmas();
    assertThat(sigmas).hasSize(golden.length);
    for (int i = 0; i < golden.length; i++) {
      assertThat(sigmas[i]).isCloseTo(golden[i], within(1e-5 * golden[i]));
    }
    assertThatThrownBy(() -> new KarrasGrid(1, 0.002, 80, 7))
        .hasMessage("steps: 1 (expected: 2 or more)");
    assertThatThrownBy(() -> new KarrasGrid(4, 80, 80, 7)).hasMessageContaining("sigmaMin");
  }
}
