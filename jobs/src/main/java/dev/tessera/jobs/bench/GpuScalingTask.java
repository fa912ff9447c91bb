package dev.tessera.jobs.bench;

import dev.tessera.models.runtime.Libtorch;
import dev.tessera.models.runtime.TorchRuntime;
import dev.tessera.models.train.Family;
import dev.tessera.models.train.Objective;
import dev.tessera.models.train.StepReport;
import dev.tessera.models.train.TrainingLoop;
import dev.tessera.models.train.TrainingSchedule;
import dev.tessera.spark.barrier.RankContext;
import dev.tessera.spark.barrier.RankTask;
import java.util.ArrayList;

/** One rank of {@link GpuScalingBench}: the real loop on its task's GPU, on random data. */
record GpuScalingTask(Family family, TrainingSchedule schedule, int classes)
    implements RankTask<ArrayList<StepReport>> {

  @Override
  public ArrayList<StepReport> run(RankContext context) {
    Libtorch.useThreads(context.cores());
    try (TorchRuntime runtime = TorchRuntime.onGpu(context.device().cudaIndex())) {
      Objective objective = family.objective(schedule, runtime.target());
      try (TrainingLoop loop =
          new TrainingLoop(
              runtime,
              objective,
              schedule,
              context.collective(runtime),
              new RandomBatch(objective.columns(), classes, 7))) {
        return new ArrayList<>(StepReports.of(loop));
      }
    }
  }
}
