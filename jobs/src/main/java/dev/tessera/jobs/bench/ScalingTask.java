package dev.tessera.jobs.bench;

import dev.tessera.models.runtime.Libtorch;
import dev.tessera.models.runtime.TorchRuntime;
import dev.tessera.models.train.Objective;
import dev.tessera.models.train.StepReport;
import dev.tessera.models.train.TrainingLoop;
import dev.tessera.models.train.TrainingSchedule;
import dev.tessera.spark.barrier.RankContext;
import dev.tessera.spark.barrier.RankTask;
import java.util.ArrayList;

/** One rank of {@link ScalingBench}: the real loop over the gang's collective. */
record ScalingTask(TrainStepCase subject, int shardBatch, int steps)
    implements RankTask<ArrayList<StepReport>> {

  static final int SHARDS = 2;

  @Override
  public ArrayList<StepReport> run(RankContext context) {
    Libtorch.useThreads(context.cores());
    int batch = SHARDS * shardBatch;
    TrainingSchedule schedule =
        new TrainingSchedule(7, batch, SHARDS, (long) steps * batch, Long.MAX_VALUE);
    Objective objective = subject.objective(SHARDS, shardBatch);
    try (TorchRuntime runtime = TorchRuntime.onCpu();
        TrainingLoop loop =
            new TrainingLoop(
                runtime,
                objective,
                schedule,
                context.collective(),
                new RandomBatch(objective.columns(), TrainStepCase.CLASSES, 7))) {
      return new ArrayList<>(StepReports.of(loop));
    }
  }
}
