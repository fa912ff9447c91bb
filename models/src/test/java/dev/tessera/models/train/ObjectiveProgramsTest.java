package dev.tessera.models.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tessera.models.diffusion.DiffusionModel;
import dev.tessera.models.diffusion.DiffusionObjective;
import dev.tessera.models.diffusion.DiffusionRecipe;
import dev.tessera.models.diffusion.Signal;
import dev.tessera.models.graph.Segmentation;
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
    VqganRecipe tokenizer =
        new VqganRecipe(
            new VqganRecipe.Network(1, 8, List.of(1, 2), 1, true),
            VqganRecipe.Codes.defaults(),
            VqganRecipe.Losses.defaults(),
            VqganRecipe.Adversary.defaults(),
            VqganRecipe.defaults().optimizer());
    return Stream.of(TrainingPrecision.FP32, TrainingPrecision.BF16, TrainingPrecision.FP16)
        .flatMap(
            precision ->
                Stream.of(
                    diffusion(DIT, Segmentation.WHOLE, precision),
                    diffusion(DIT, Segmentation.RECOMPUTE, precision),
                    diffusion(UNET, Segmentation.WHOLE, precision),
                    new VqganObjective(new Vqgan(tokenizer, 16, 16), 2, 3, precision)));
  }

  private static final TrainingSchedule SCHEDULE = TrainingSchedule.defaults();
  private static final BackboneRecipe DIT = new BackboneRecipe.Dit(2, 16, 2, 2);
  private static final BackboneRecipe UNET = new BackboneRecipe.Unet(8, List.of(1, 2), 1, 2);

  private static Objective diffusion(
      BackboneRecipe backbone, Segmentation segmentation, TrainingPrecision precision) {
    DiffusionRecipe defaults = DiffusionRecipe.defaults();
    DiffusionRecipe recipe =
        new DiffusionRecipe(
            backbone, defaults.noise(), true, 0.1, true, defaults.optimizer(), defaults.ema());
    return new DiffusionObjective(
        new DiffusionModel(recipe, Signal.pixels(8, 8), 5), 2, 3, segmentation, precision);
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
            runtime, Update.trace(group, LossScale.of(objective, group, SCHEDULE)), 3);
      }
    }
  }
}
