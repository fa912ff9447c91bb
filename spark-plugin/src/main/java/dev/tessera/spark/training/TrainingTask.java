package dev.tessera.spark.training;

import dev.tessera.datasets.batch.BatchReader;
import dev.tessera.datasets.batch.CacheSettings;
import dev.tessera.datasets.batch.Column;
import dev.tessera.datasets.table.Subset;
import dev.tessera.models.checkpoint.Checkpoint;
import dev.tessera.models.checkpoint.ModelIdentity;
import dev.tessera.models.runtime.Arithmetic;
import dev.tessera.models.runtime.Libtorch;
import dev.tessera.models.runtime.TorchRuntime;
import dev.tessera.models.train.Batches;
import dev.tessera.models.train.StateFiles;
import dev.tessera.models.train.TrainingLoop;
import dev.tessera.spark.barrier.RankContext;
import dev.tessera.spark.barrier.RankTask;
import dev.tessera.spark.barrier.RecoveryPart;
import dev.tessera.spark.inference.StoredWeights;
import dev.tessera.spark.settings.Setting;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.util.SerializableConfiguration;

/**
 * One rank's part of a training run.
 *
 * @param resume the checkpoint to go on from, or null
 */
record TrainingTask(TrainingPlan plan, String resume, SerializableConfiguration hadoop)
    implements RankTask<TrainingMessage.Totals> {

  @Override
  public TrainingMessage.Totals run(RankContext context) throws IOException {
    Configuration conf = hadoop.value();
    PlaceProof.ofRank(plan, conf, context);
    try (Beside beside = new Beside()) {
      Beside.Fetched<BatchReader> rows = beside.start(() -> rows(conf, context));
      Beside.Fetched<Checkpoint> newest =
          resume == null
              ? Beside.Fetched.nothing()
              : beside.start(() -> StoredWeights.checkpoint(conf, resume));
      Libtorch.useThreads(context.cores());
      told(context, RecoveryPart.LIBRARY);
      return train(conf, context, rows, newest);
    }
  }

  @Override
  public boolean usesLibtorch() {
    return true;
  }

  private TrainingMessage.Totals train(
      Configuration conf,
      RankContext context,
      Beside.Fetched<BatchReader> rows,
      Beside.Fetched<Checkpoint> newest)
      throws IOException {
    ModelIdentity model = new ModelIdentity(plan.family().architecture(), plan.recipe());
    try (TorchRuntime runtime =
            context.onGpu()
                ? TorchRuntime.onGpu(context.device().cudaIndex())
                : TorchRuntime.onCpu();
        TrainingLoop loop =
            new TrainingLoop(
                runtime,
                plan.family().objective(plan.schedule(), runtime.target()),
                plan.schedule(),
                context.collective(runtime),
                batches(rows))) {
      if (runtime.onGpu()) {
        plan.schedule()
            .precision()
            .require("rank " + context.rank(), Arithmetic.measure(runtime), Setting.TF32.key());
      }
      told(context, RecoveryPart.PROGRAMS);
      rows.await();
      told(context, RecoveryPart.ROWS);
      Checkpoint from = newest.get();
      if (from != null) {
        StateFiles.restore(from, loop.state(), model);
      }
      try (RankObserver observer = new RankObserver(runtime, conf, context, plan, model)) {
        told(context, RecoveryPart.STATE);
        loop.run(observer);
        return observer.finish();
      }
    }
  }

  private static void told(RankContext context, RecoveryPart over) {
    context.report(new TrainingMessage.Prepared(over));
  }

  private BatchReader rows(Configuration conf, RankContext context) {
    int own = plan.schedule().shards() / context.size();
    List<Integer> owned =
        IntStream.range(context.rank() * own, (context.rank() + 1) * own).boxed().toList();
    return BatchReader.open(
        conf,
        plan.table(),
        Subset.TRAIN,
        plan.family().columns().stream().map(Column::named).toList(),
        owned,
        plan.schedule().shards(),
        plan.schedule().seed(),
        plan.cache() == null ? CacheSettings.standard() : CacheSettings.in(Path.of(plan.cache())));
  }

  private static Batches batches(Beside.Fetched<BatchReader> rows) {
    return (shard, firstDraw, count, columns) -> {
      Map<Column, ByteBuffer> targets = new EnumMap<>(Column.class);
      columns.forEach((name, buffer) -> targets.put(Column.named(name), buffer));
      rows.get().fill(shard, firstDraw, count, targets);
    };
  }
}
