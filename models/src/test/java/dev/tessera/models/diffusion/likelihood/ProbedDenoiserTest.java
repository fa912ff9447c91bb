package dev.tessera.models.diffusion.likelihood;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.tessera.models.diffusion.DiffusionModel;
import dev.tessera.models.diffusion.DiffusionRecipe;
import dev.tessera.models.diffusion.Loss;
import dev.tessera.models.diffusion.Signal;
import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.nn.BackboneRecipe;
import dev.tessera.models.runtime.Executable;
import dev.tessera.models.runtime.Libtorch;
import dev.tessera.models.runtime.NativeTensor;
import dev.tessera.models.runtime.Results;
import dev.tessera.models.runtime.TorchRuntime;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** A network's own derivative beside differences of the program that samplers call. */
final class ProbedDenoiserTest {

  private static final int BATCH = 3;
  private static final double SIGMA = 0.7;

  private static float[] random(SplittableRandom random, long n, double scale) {
    float[] values = new float[Math.toIntExact(n)];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (scale * (2 * random.nextDouble() - 1));
    }
    return values;
  }

  @Test
  void theTraceIsThatOfTheDenoisersOwnJacobian() {
    Libtorch.useThreads(1);
    DiffusionRecipe recipe =
        DiffusionRecipe.defaults().with(new BackboneRecipe.Dit(1, 16, 1, 2)).withClasses(true, 0.1);
    DiffusionModel model = new DiffusionModel(recipe, Signal.latents(1, 2, 2, 0, 1), 3);
    SplittableRandom random = new SplittableRandom(8);
    try (TorchRuntime runtime = TorchRuntime.onCpu();
        NativeTensor weights = runtime.zeros(DType.FLOAT32, Shape.of(model.layout().size()));
        NativeTensor labels = runtime.zeros(DType.INT64, Shape.of(BATCH));
        NativeTensor x = runtime.zeros(DType.FLOAT64, model.shape(BATCH));
        Executable plain = runtime.load(model.denoiser(BATCH, false));
        ProbedDenoiser exact =
            ProbedDenoiser.of(runtime, model, BATCH, new TraceEstimate.Exact(), weights, labels)) {
      weights.set(random(random, model.layout().size(), 0.4));
      labels.set(0, 2, 3);
      double[] at = new double[BATCH * 4];
      for (int i = 0; i < at.length; i++) {
        at[i] = random.nextDouble() - 0.5;
      }
      x.set(at);
      double[] found;
      try (TraceDenoiser.Denoised told = exact.denoise(x, SIGMA)) {
        found = told.trace().toDoubles();
        assertThat(told.clean().toDoubles())
            .containsExactly(call(runtime, plain, weights, labels, model, at), within(1e-6));
      }
      double h = 0.02;
      for (int row = 0; row < BATCH; row++) {
        double trace = 0;
        for (int i = 4 * row; i < 4 * row + 4; i++) {
          double[] up = at.clone();
          double[] down = at.clone();
          up[i] += h;
          down[i] -= h;
          double change =
              call(runtime, plain, weights, labels, model, up)[i]
                  - call(runtime, plain, weights, labels, model, down)[i];
          trace += change / (2 * h);
        }
        assertThat(found[row]).isCloseTo(trace, within(2e-3 * Math.max(1, Math.abs(trace))));
      }
      assertThat(found[0]).isNotCloseTo(found[1], within(1e-4));
    }
  }

  private static double[] call(
      TorchRuntime runtime,
      Executable plain,
      NativeTensor weights,
      NativeTensor labels,
      DiffusionModel model,
      double... values) {
    try (NativeTensor x = runtime.zeros(DType.FLOAT64, model.shape(BATCH));
        NativeTensor sigma = runtime.zeros(DType.FLOAT64, Shape.of())) {
      x.set(values);
      sigma.set(SIGMA);
      try (Results told = plain.run(weights, x, sigma, labels)) {
        return told.get(0).toDoubles();
      }
    }
  }

  @Test
  void largePicturesHaveNoExactTrace() {
    assertThatThrownBy(() -> new TraceEstimate.Exact().check(3 * 64 * 64))
        .hasMessageContaining("trace: exact")
        .hasMessageContaining("hutchinson");
    assertThatThrownBy(() -> new TraceEstimate.Hutchinson(0, Loss.Direction.NORMAL))
        .hasMessageContaining("probes: 0 (expected: 1 or more)");
  }
}
