package dev.tessera.models.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tessera.models.diffusion.Augmentation;
import dev.tessera.models.diffusion.DiffusionModel;
import dev.tessera.models.diffusion.DiffusionObjective;
import dev.tessera.models.diffusion.DiffusionRecipe;
import dev.tessera.models.diffusion.Loss;
import dev.tessera.models.diffusion.Signal;
import dev.tessera.models.diffusion.space.Discrete;
import dev.tessera.models.diffusion.space.NoiseDistribution;
import dev.tessera.models.diffusion.space.Preconditioning;
import dev.tessera.models.diffusion.space.Prediction;
import dev.tessera.models.graph.Segmentation;
import dev.tessera.models.graph.Target;
import dev.tessera.models.nn.BackboneRecipe;
import dev.tessera.models.runtime.Libtorch;
import dev.tessera.models.runtime.ProgramContract;
import dev.tessera.models.runtime.TorchRuntime;
import dev.tessera.models.vqgan.Vqgan;
import dev.tessera.models.vqgan.VqganObjective;
import dev.tessera.models.vqgan.VqganRecipe;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every program that training runs keeps the contract of programs. */
final class ObjectiveProgramsTest {

  static Stream<Objective> objectives() {
    return Stream.of(TrainingPrecision.FP32, TrainingPrecision.BF16, TrainingPrecision.FP16)
        .flatMap(
            precision ->
                Stream.of(
                    diffusion(DIT, Segmentation.WHOLE, precision),
                    diffusion(DIT, Segmentation.RECOMPUTE, precision),
                    diffusion(UNET, Segmentation.WHOLE, precision),
                    diffusion(UNET, Segmentation.RECOMPUTE, precision),
                    diffusion(DDPM, Segmentation.WHOLE, precision),
                    diffusion(DDPM, Segmentation.RECOMPUTE, precision),
                    diffusion(OPTIONS, Segmentation.RECOMPUTE, precision),
                    diffusion(NCSN, Segmentation.RECOMPUTE, precision),
                    diffusion(ADM, Segmentation.RECOMPUTE, precision),
                    diffusion(EDM2, Segmentation.RECOMPUTE, precision),
                    diffusion(MLP, Segmentation.RECOMPUTE, precision),
                    learning(Loss.Uncertain.defaults(), precision),
                    learning(Loss.Hybrid.defaults(), precision),
                    tokenizer(COMPACT, Segmentation.WHOLE, precision),
                    tokenizer(COMPACT, Segmentation.RECOMPUTE, precision),
                    tokenizer(PUBLISHED, Segmentation.WHOLE, precision),
                    tokenizer(PUBLISHED, Segmentation.RECOMPUTE, precision)));
  }

  private static final VqganRecipe.Network COMPACT =
      new VqganRecipe.Network(1, 8, List.of(1, 2), 1, true);
  private static final VqganRecipe.Network PUBLISHED =
      new VqganRecipe.Network(
          1, 8, List.of(1, 2), 1, true, VqganRecipe.Form.PUBLISHED, List.of(8), 6);

  private static Objective tokenizer(
      VqganRecipe.Network network, Segmentation segmentation, TrainingPrecision precision) {
    VqganRecipe.Adversary adversary = VqganRecipe.Adversary.defaults();
    VqganRecipe recipe =
        new VqganRecipe(
            network,
            VqganRecipe.Codes.defaults(),
            VqganRecipe.Losses.defaults(),
            new VqganRecipe.Adversary(8, 2, 0.1, 20, adversary.optimizer(), network.form()),
            VqganRecipe.defaults().optimizer());
    return new VqganObjective(new Vqgan(recipe, 16, 16), 2, 3, segmentation, precision, Target.CPU);
  }

  private static final TrainingSchedule SCHEDULE = TrainingSchedule.defaults();
  private static final BackboneRecipe DIT = new BackboneRecipe.Dit(2, 16, 2, 2);
  private static final BackboneRecipe OPTIONS =
      new BackboneRecipe.Dit(
          4,
          16,
          1,
          2,
          BackboneRecipe.Dit.Norm.RMS,
          BackboneRecipe.Dit.FeedForward.SWIGLU,
          BackboneRecipe.Dit.Positions.BOTH,
          true,
          32);
  private static final BackboneRecipe NCSN =
      new BackboneRecipe.NcsnPlusPlus(4, List.of(1, 2), 1, List.of(4), 0.2);
  private static final BackboneRecipe ADM =
      new BackboneRecipe.Adm(4, List.of(1, 2), 1, List.of(4), 4, 0.2);
  private static final BackboneRecipe EDM2 =
      new BackboneRecipe.Edm2(4, List.of(1, 2), 1, List.of(4), 4, 0.2);
  private static final BackboneRecipe MLP = new BackboneRecipe.Mlp(16, 2);
  private static final BackboneRecipe DDPM =
      new BackboneRecipe.DdpmPlusPlus(8, List.of(1, 2), 1, List.of(4), 0.2);
  private static final BackboneRecipe UNET = new BackboneRecipe.Unet(8, List.of(1, 2), 1, 2);

  private static Objective diffusion(
      BackboneRecipe backbone, Segmentation segmentation, TrainingPrecision precision) {
    DiffusionRecipe defaults = DiffusionRecipe.defaults();
    DiffusionRecipe recipe = defaults.with(backbone).withFlip(true);
    return new DiffusionObjective(
        new DiffusionModel(recipe, Signal.pixels(8, 8), 5),
        2,
        3,
        segmentation,
        precision,
        Target.CPU);
  }

  /** What else a network may learn, on augmented pictures. */
  private static Objective learning(Loss loss, TrainingPrecision precision) {
    DiffusionRecipe recipe =
        DiffusionRecipe.defaults()
            .with(Discrete.defaults(), Prediction.EPS, new Preconditioning.Own())
            .with(new NoiseDistribution.Uniform(0, 1), loss)
            .with(Augmentation.ofProbability(0.5))
            .with(UNET)
            .withFlip(true);
    return new DiffusionObjective(
        new DiffusionModel(recipe, Signal.pixels(8, 8), 5),
        2,
        3,
        Segmentation.WHOLE,
        precision,
        Target.CPU);
  }

  @ParameterizedTest
  @MethodSource("objectives")
  void programsOfPhasesAndUpdates(Objective objective) {
    Libtorch.useThreads(1);
    try (TorchRuntime runtime = TorchRuntime.onCpu()) {
      assertThat(objective.phases()).isNotEmpty();
      for (Phase phase : objective.phases()) {
        ProgramContract.verify(runtime, phase.gradient(), 1);
        phase
            .stateUpdate()
            .ifPresent(update -> ProgramContract.verify(runtime, update.program(), 2));
      }
      for (Group group : objective.groups()) {
        ProgramContract.verify(
            runtime, Update.trace(group, LossScale.of(objective, group, SCHEDULE), Target.CPU), 3);
      }
    }
  }
}
