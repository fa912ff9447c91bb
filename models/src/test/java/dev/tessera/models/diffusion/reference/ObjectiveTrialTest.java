package dev.tessera.models.diffusion.reference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.tessera.models.diffusion.DiffusionRecipe;
import dev.tessera.models.diffusion.Loss;
import dev.tessera.models.diffusion.space.Betas;
import dev.tessera.models.diffusion.space.Cosine;
import dev.tessera.models.diffusion.space.Discrete;
import dev.tessera.models.diffusion.space.Linear;
import dev.tessera.models.diffusion.space.NoiseDistribution;
import dev.tessera.models.diffusion.space.Path;
import dev.tessera.models.diffusion.space.Preconditioning;
import dev.tessera.models.diffusion.space.Prediction;
import dev.tessera.models.diffusion.space.SubVariancePreserving;
import dev.tessera.models.diffusion.space.VarianceExploding;
import dev.tessera.models.diffusion.space.VariancePreserving;
import dev.tessera.models.diffusion.space.Weighting;
import dev.tessera.models.runtime.Libtorch;
import dev.tessera.models.runtime.TorchRuntime;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * The programs that training runs, value and slope, beside the losses that papers write: a wrong
 * sign, weight, level, scale of the input or label of any choice is another number.
 */
final class ObjectiveTrialTest {

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

  private static final Path VP = VariancePreserving.defaults();
  private static final Path VE = VarianceExploding.defaults();
  private static final Preconditioning OWN = new Preconditioning.Own();
  private static final Preconditioning EDM = new Preconditioning.Edm();
  private static final NoiseDistribution STEPS = new NoiseDistribution.Uniform(0, 1);
  private static final NoiseDistribution TIMES = new NoiseDistribution.Uniform(1e-2, 0.99);

  private static DiffusionRecipe of(
      Path path, Prediction prediction, Preconditioning given, NoiseDistribution noise, Loss loss) {
    return DiffusionRecipe.defaults().with(path, prediction, given).with(noise, loss);
  }

  private static DiffusionRecipe of(
      Path path,
      Prediction prediction,
      Preconditioning given,
      NoiseDistribution noise,
      Weighting weighting) {
    return of(path, prediction, given, noise, new Loss.Denoising(weighting));
  }

  /** Losses with the predictions, preconditionings and levels that they were published with. */
  private static Map<String, DiffusionRecipe> published() {
    Map<String, DiffusionRecipe> pairs = new LinkedHashMap<>();
    pairs.put("EDM", DiffusionRecipe.defaults());
    pairs.put("EDM, data of deviation 1", DiffusionRecipe.defaults().withSigmaData(1));
    pairs.put(
        "EDM2",
        of(
            new Linear(),
            Prediction.EDM,
            EDM,
            NoiseDistribution.LogNormal.defaults(),
            Loss.Uncertain.defaults()));
    pairs.put(
        "flow matching",
        of(
            new Linear(),
            Prediction.FLOW,
            OWN,
            NoiseDistribution.LogitNormal.defaults(),
            new Weighting.Flow()));
    pairs.put(
        "SD3, shifted",
        of(
            new Linear(),
            Prediction.FLOW,
            OWN,
            new NoiseDistribution.LogitNormal(.3, .8, 3),
            new Weighting.Flow()));
    pairs.put(
        "SiT on the circle", of(new Cosine(), Prediction.FLOW, OWN, TIMES, new Weighting.V()));
    pairs.put(
        "mode sampling",
        of(
            new Linear(),
            Prediction.FLOW,
            OWN,
            NoiseDistribution.Mode.defaults(),
            new Weighting.Flow()));
    pairs.put("DDPM", of(Discrete.defaults(), Prediction.EPS, OWN, STEPS, new Weighting.Eps()));
    pairs.put(
        "iDDPM hybrid",
        of(Discrete.defaults(), Prediction.EPS, OWN, STEPS, Loss.Hybrid.defaults()));
    pairs.put(
        "iDDPM cosine, v, Min-SNR",
        of(
            new Discrete(Betas.SquaredCosine.defaults(), 1000, false),
            Prediction.V,
            Preconditioning.Iddpm.defaults(),
            STEPS,
            Weighting.MinSnr.defaults()));
    pairs.put(
        "Stable Diffusion 2, v",
        of(
            new Discrete(Betas.ScaledLinear.defaults(), 1000, false),
            Prediction.V,
            OWN,
            STEPS,
            new Weighting.V()));
    pairs.put(
        "VP-SDE",
        of(VP, Prediction.EPS, Preconditioning.Vp.defaults(), TIMES, new Weighting.Eps()));
    pairs.put(
        "VP likelihood", of(VP, Prediction.SCALED_SCORE, OWN, TIMES, new Weighting.Likelihood()));
    pairs.put("VP, score", of(VP, Prediction.SCORE, OWN, TIMES, new Weighting.Eps()));
    pairs.put(
        "sub-VP",
        of(
            SubVariancePreserving.defaults(),
            Prediction.SCALED_SCORE,
            OWN,
            TIMES,
            new Weighting.Eps()));
    pairs.put(
        "sub-VP likelihood",
        of(
            SubVariancePreserving.defaults(),
            Prediction.EPS,
            OWN,
            TIMES,
            new Weighting.Likelihood()));
    pairs.put(
        "VE-SDE",
        of(
            VE,
            Prediction.SCALED_SCORE,
            new Preconditioning.Ve(),
            new NoiseDistribution.LogUniform(0.02, 100),
            new Weighting.Eps()));
    pairs.put(
        "VE likelihood", of(VE, Prediction.SCALED_SCORE, OWN, TIMES, new Weighting.Likelihood()));
    pairs.put(
        "NCSNv2",
        of(
            VE,
            Prediction.SCALED_SCORE,
            EDM,
            NoiseDistribution.Geometric.defaults(),
            new Weighting.Eps()));
    pairs.put(
        "clean data, soft Min-SNR",
        of(
            new Linear(),
            Prediction.X0,
            EDM,
            new NoiseDistribution.CosMap(),
            Weighting.SoftMinSnr.defaults()));
    pairs.put("clean data", of(VP, Prediction.X0, OWN, TIMES, new Weighting.Data()));
    for (boolean reduced : new boolean[] {true, false}) {
      Loss sliced =
          new Loss.SlicedScore(new Weighting.Eps(), 1, Loss.Direction.RADEMACHER, reduced);
      pairs.put(
          "sliced score" + (reduced ? ", variance reduced" : ""),
          of(VE, Prediction.EDM, EDM, new NoiseDistribution.LogUniform(0.05, 5), sliced));
    }
    return pairs;
  }

  @Test
  void everyPublishedLossIsTheProgramsAndSoIsItsSlope() {
    published()
        .forEach(
            (name, recipe) -> {
              for (long key : new long[] {3, 40}) {
                ObjectiveTrial trial = ObjectiveTrial.run(runtime, recipe, key);
                assertThat(trial.traced())
                    .as("%s, value", name)
                    .isCloseTo(trial.published(), within(trial.tolerance()));
                assertThat(trial.tracedSlope())
                    .as("%s, slope", name)
                    .isCloseTo(trial.publishedSlope(), within(trial.slopeTolerance()));
              }
            });
  }

  /** So that a new choice is held too. */
  @Test
  void everyChoiceThatThereIsIsTried() {
    assertThat(classes(r -> r.path()))
        .containsExactlyInAnyOrder(Path.class.getPermittedSubclasses());
    assertThat(classes(r -> r.preconditioning()))
        .containsExactlyInAnyOrder(Preconditioning.class.getPermittedSubclasses());
    assertThat(classes(r -> r.noise()))
        .containsExactlyInAnyOrder(NoiseDistribution.class.getPermittedSubclasses());
    assertThat(classes(r -> r.loss()))
        .containsExactlyInAnyOrder(Loss.class.getPermittedSubclasses());
    assertThat(published().values().stream().map(DiffusionRecipe::prediction).distinct())
        .containsExactlyInAnyOrder(Prediction.values());
    Class<?>[] weightings =
        published().values().stream()
            .map(DiffusionRecipe::loss)
            .filter(Loss.Denoising.class::isInstance)
            .map(loss -> ((Loss.Denoising) loss).weighting().getClass())
            .distinct()
            .toArray(Class<?>[]::new);
    assertThat(weightings).containsExactlyInAnyOrder(Weighting.class.getPermittedSubclasses());
  }

  private static Class<?>[] classes(Function<DiffusionRecipe, Object> choice) {
    return published().values().stream()
        .map(recipe -> choice.apply(recipe).getClass())
        .distinct()
        .toArray(Class<?>[]::new);
  }

  @Test
  void directionsThatAreNotSignsAreRefused() {
    Loss loss = new Loss.SlicedScore(new Weighting.Eps(), 2, Loss.Direction.NORMAL, true);
    DiffusionRecipe recipe =
        DiffusionRecipe.defaults().with(NoiseDistribution.LogNormal.defaults(), loss);
    assertThatThrownBy(() -> ObjectiveTrial.run(runtime, recipe, 1))
        .hasMessageContaining("expected: one direction of signs");
  }
}
