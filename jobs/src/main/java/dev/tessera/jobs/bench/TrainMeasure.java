package dev.tessera.jobs.bench;

import dev.tessera.jobs.train.Ranks;
import dev.tessera.jobs.train.Recipe;
import dev.tessera.models.diffusion.DiffusionModel;
import dev.tessera.models.diffusion.DiffusionObjective;
import dev.tessera.models.diffusion.Signal;
import dev.tessera.models.runtime.Arithmetic;
import dev.tessera.models.runtime.TorchRuntime;
import dev.tessera.models.train.Objective;
import dev.tessera.models.train.SingleProcess;
import dev.tessera.models.train.StepCost;
import dev.tessera.models.train.StepReport;
import dev.tessera.models.train.TrainingLoop;
import dev.tessera.models.train.TrainingSchedule;
import dev.tessera.models.vqgan.Vqgan;
import dev.tessera.models.vqgan.VqganObjective;
import dev.tessera.spark.settings.Setting;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;

/** One rank's training steps of a recipe on random data of given sizes. */
record TrainMeasure(Recipe recipe, DataSize size, int warmUp, int steps) {

  /**
   * What the data would be.
   *
   * @param channels of latents; 0 for pictures
   * @param side height and width of a latent or picture
   */
  record DataSize(int channels, int side, int classes) {}

  /**
   * What was measured.
   *
   * @param seconds of each step
   * @param flopsPerImage of a step's own arithmetic
   * @param peakFlops of the device in the recipe's precision, where known
   * @param deviceBytes of the GPU's memory in use at the end, 0 on the CPU
   */
  @SuppressWarnings("ArrayRecordComponent") // Never compared.
  record Measured(
      double[] seconds,
      long parameters,
      double flopsPerImage,
      OptionalDouble peakFlops,
      long deviceBytes,
      double lastLoss) {

    double median() {
      double[] sorted = seconds.clone();
      Arrays.sort(sorted);
      return sorted[sorted.length / 2];
    }
  }

  Measured run() {
    TrainingSchedule given = recipe.schedule();
    long images = (long) (warmUp + steps) * given.batch();
    TrainingSchedule schedule =
        new TrainingSchedule(
            given.seed(),
            given.batch(),
            given.shards(),
            images,
            Long.MAX_VALUE,
            given.precision(),
            given.activations(),
            given.lossScale());
    Objective objective = objective(schedule);
    boolean gpu = recipe.ranks().device() == Ranks.Device.GPU;
    try (TorchRuntime runtime = gpu ? TorchRuntime.onGpu(0) : TorchRuntime.onCpu();
        TrainingLoop loop =
            new TrainingLoop(
                runtime,
                objective,
                schedule,
                new SingleProcess(),
                new RandomBatch(objective.columns(), Math.max(1, size.classes()), 7))) {
      if (gpu) {
        given.precision().require("bench", Arithmetic.measure(runtime), Setting.TF32.key());
      }
      List<StepReport> reports = StepReports.of(loop);
      StepCost cost = StepCost.of(objective, schedule);
      return new Measured(
          reports.subList(warmUp, reports.size()).stream()
              .mapToDouble(StepReport::seconds)
              .toArray(),
          cost.allParameters(),
          cost.flopsPerImage(),
          gpu ? runtime.gpu().peakFlops(given.precision().bits()) : OptionalDouble.empty(),
          gpu ? runtime.gpu().totalBytes() - runtime.gpu().freeBytes() : 0,
          reports.get(reports.size() - 1).values().values().iterator().next());
    }
  }

  private Objective objective(TrainingSchedule schedule) {
    if (recipe instanceof Recipe.Tokenizer tokenizer) {
      return new VqganObjective(
          new Vqgan(tokenizer.model(), size.side(), size.side()),
          schedule.shards(),
          schedule.shardBatch(),
          schedule.activations().segmentation(),
          schedule.precision(),
          recipe.ranks().target());
    }
    Signal signal =
        size.channels() == 0
            ? Signal.pixels(size.side(), size.side())
            : Signal.latents(size.channels(), size.side(), size.side(), 0, 1);
    return new DiffusionObjective(
        new DiffusionModel(((Recipe.Diffusion) recipe).model(), signal, size.classes()),
        schedule.shards(),
        schedule.shardBatch(),
        schedule.activations().segmentation(),
        schedule.precision(),
        recipe.ranks().target());
  }
}
