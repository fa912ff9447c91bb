package dev.tessera.models.diffusion;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.tessera.models.diffusion.space.Betas;
import dev.tessera.models.diffusion.space.Discrete;
import dev.tessera.models.diffusion.space.NoiseDistribution;
import dev.tessera.models.diffusion.space.Preconditioning;
import dev.tessera.models.diffusion.space.Prediction;
import dev.tessera.models.diffusion.space.Traced;
import dev.tessera.models.diffusion.space.VariancePreserving;
import dev.tessera.models.diffusion.space.Weighting;
import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Initializer;
import dev.tessera.models.graph.Precision;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.Tensor;
import dev.tessera.models.graph.Trace;
import dev.tessera.models.nn.BackboneRecipe;
import dev.tessera.models.runtime.Executable;
import dev.tessera.models.runtime.Libtorch;
import dev.tessera.models.runtime.NativeTensor;
import dev.tessera.models.runtime.Results;
import dev.tessera.models.runtime.TorchRuntime;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Neighbouring steps must look alike to a network: else time is a hash that it has to learn. */
final class NoiseFeaturesTest {

  private static final int[] STEPS = {0, 1, 99, 499, 900, 997};

  private static DiffusionModel model(BackboneRecipe backbone, Preconditioning given, Loss loss) {
    DiffusionRecipe recipe =
        DiffusionRecipe.defaults()
            .with(backbone)
            .with(Discrete.defaults(), Prediction.V, given)
            .with(new NoiseDistribution.Uniform(0, 1), loss)
            .withClasses(false, 0);
    return new DiffusionModel(recipe, Signal.pixels(16, 16), 0);
  }

  /** The noise level that a preconditioning gives the label {@code step}. */
  private static double level(Preconditioning given, double step) {
    if (given instanceof Preconditioning.Vp) {
      return VariancePreserving.defaults().sigma(step / 999);
    }
    return given instanceof Preconditioning.Iddpm
        ? new Discrete(Betas.SquaredCosine.defaults(), 1000, false).sigmas()[(int) step]
        : Discrete.defaults().sigmas()[(int) step];
  }

  /** The head of a learned uncertainty is told ln(sigma) / 4, whatever the network is told. */
  @Test
  void uncertaintyIsOfTheLogarithmUnderEveryPreconditioning() {
    Libtorch.useThreads(1);
    Loss learned = new Loss.Uncertain(new Weighting.V());
    try (TorchRuntime runtime = TorchRuntime.onCpu()) {
      float[] weights = null;
      double[] expected = null;
      for (Preconditioning given :
          List.of(
              new Preconditioning.Edm(),
              new Preconditioning.Own(),
              Preconditioning.Vp.defaults(),
              Preconditioning.Iddpm.defaults(),
              new Preconditioning.Ve())) {
        DiffusionModel model = model(new BackboneRecipe.Mlp(16, 1), given, learned);
        int size = (int) model.layout().size();
        if (weights == null) {
          weights = new Initializer.Normal(1).values(Shape.of(size), 3);
        }
        Trace trace = new Trace("uncertainty", Precision.FP32);
        Tensor flat = trace.input("weights", DType.FLOAT32, Shape.of(size));
        Tensor sigma = trace.input("sigma", DType.FLOAT32, Shape.of(3));
        trace.bind(model.layout(), flat);
        Tensor u = model.uncertainty(new Traced(sigma)).cast(DType.FLOAT64);
        try (Executable program = runtime.load(trace.finish(u));
            NativeTensor values = runtime.zeros(DType.FLOAT32, Shape.of(size));
            NativeTensor levels = runtime.zeros(DType.FLOAT32, Shape.of(3))) {
          values.set(weights);
          levels.set(new float[] {.1f, .11f, 5});
          try (Results results = program.run(values, levels)) {
            double[] found = results.get(0).toDoubles();
            expected = expected == null ? found : expected;
            assertThat(found).as("%s", given).containsExactly(expected, within(1e-6));
          }
        }
      }
      assertThat(expected[1] - expected[0]).isNotZero();
    }
  }

  private interface Of {
    Tensor of(Tensor sigma);
  }

  private static double[] run(TorchRuntime runtime, Of program, double... sigmas) {
    Trace trace = new Trace("features", Precision.FP32);
    Tensor sigma = trace.input("sigma", DType.FLOAT32, Shape.of(sigmas.length));
    try (Executable features = runtime.load(trace.finish(program.of(sigma).cast(DType.FLOAT64)));
        NativeTensor levels = runtime.zeros(DType.FLOAT32, Shape.of(sigmas.length))) {
      float[] single = new float[sigmas.length];
      for (int i = 0; i < single.length; i++) {
        single[i] = (float) sigmas[i];
      }
      levels.set(single);
      try (Results results = features.run(levels)) {
        return results.get(0).toDoubles();
      }
    }
  }

  @Test
  void neighbouringStepsLookAlikeToEveryNetwork() {
    Libtorch.useThreads(1);
    try (TorchRuntime runtime = TorchRuntime.onCpu()) {
      for (BackboneRecipe backbone :
          List.of(
              new BackboneRecipe.Dit(2, 16, 1, 2),
              new BackboneRecipe.Unet(32, List.of(1), 1, 2),
              new BackboneRecipe.DdpmPlusPlus(32, List.of(1), 1, List.of(), 0),
              new BackboneRecipe.NcsnPlusPlus(128, List.of(1), 1, List.of(), 0),
              new BackboneRecipe.Adm(32, List.of(1), 1, List.of(), 32, 0),
              new BackboneRecipe.Edm2(64, List.of(1), 1, List.of(), 32, 0),
              new BackboneRecipe.Mlp(16, 1))) {
        for (Preconditioning given :
            List.of(
                new Preconditioning.Edm(),
                new Preconditioning.Own(),
                Preconditioning.Vp.defaults(),
                Preconditioning.Iddpm.defaults(),
                new Preconditioning.Ve())) {
          // Random frequencies of ln(sigma) tell levels apart that finely as published: exp(-(16 *
          // 2 pi * .0078)^2 / 2) = .74 between neighbours of the 1000 levels from .02 to 50.
          double least = given instanceof Preconditioning.Ve && finest(backbone) ? 0.7 : 0.9;
          DiffusionModel model = model(backbone, given, Loss.Denoising.defaults());
          double[] levels = IntStream.range(0, 999).mapToDouble(t -> level(given, t)).toArray();
          double[] alike = likeness(run(runtime, model::features, levels), levels.length);
          assertThat(Arrays.stream(alike).average().orElseThrow())
              .as("%s, %s, mean of all steps", backbone, given)
              .isGreaterThan(least);
          if (given.countsSteps()) {
            for (int step : STEPS) {
              assertThat(alike[step])
                  .as("%s, %s, step %s", backbone, given, step)
                  .isGreaterThan(0.9);
            }
          }
        }
      }
    }
  }

  private static boolean finest(BackboneRecipe backbone) {
    return backbone instanceof BackboneRecipe.NcsnPlusPlus;
  }

  /** The product of each row's features with the next one's, over the square of their length. */
  private static double[] likeness(double[] features, int rows) {
    int n = features.length / rows;
    double[] alike = new double[rows - 1];
    for (int row = 0; row + 1 < rows; row++) {
      double product = 0;
      double size = 0;
      for (int i = row * n; i < (row + 1) * n; i++) {
        product += features[i] * features[i + n];
        size += (features[i] * features[i] + features[i + n] * features[i + n]) / 2;
      }
      alike[row] = product / size;
    }
    return alike;
  }
}
