package dev.tessera.jobs.train;

import dev.tessera.datasets.table.TableManifest;
import dev.tessera.jobs.run.ConsoleBlock;
import dev.tessera.jobs.run.RunDirectory;
import dev.tessera.models.train.StepCost;
import dev.tessera.models.train.TrainingSchedule;
import dev.tessera.spark.barrier.Slots;
import java.util.Locale;
import java.util.stream.Collectors;
import org.apache.spark.SparkContext;

/**
 * What a training run is about to do, for the console.
 *
 * @param ranks of the first attempt
 * @param slots task slots of the executors that are there
 */
record RunFacts(BoundRun bound, StepCost cost, int ranks, int slots, SparkContext spark) {

  /**
   * @param source where the recipe comes from
   */
  ConsoleBlock block(String source, RunDirectory run) {
    ConsoleBlock block =
        new ConsoleBlock(bound.recipe().name())
            .fact("run", run.toString())
            .fact("config", source)
            .fact("data", data())
            .fact("model", model())
            .fact("ranks", gang());
    Ranks asked = bound.recipe().ranks();
    int shards = bound.recipe().schedule().shards();
    // In local mode the one GPU decides, however many cores there are.
    if (ranks == asked.on(slots, shards)) {
      asked.told(slots, shards).ifPresent(text -> block.fact("slots", text));
    }
    if (spark.uiWebUrl().isDefined()) {
      block.fact("Spark UI", spark.uiWebUrl().get());
    }
    Slots.of(spark.getConf()).warning(ranks).ifPresent(text -> block.fact("warning", text));
    bound.trained().warning().ifPresent(text -> block.fact("sampling", text));
    return block;
  }

  private String data() {
    TableManifest manifest = bound.manifest();
    return String.format(
        Locale.ROOT,
        "%,d %s in %d parts from %s",
        manifest.rows(),
        bound.trained().rows(),
        manifest.files().size(),
        bound.recipe().data());
  }

  private String model() {
    String groups =
        cost.parameters().entrySet().stream()
            .map(e -> String.format(Locale.ROOT, "%s %,d", e.getKey(), e.getValue()))
            .collect(Collectors.joining(", "));
    return String.format(
        Locale.ROOT, "%s parameters, %,.1f MFLOP an image", groups, cost.flopsPerImage() / 1e6);
  }

  private String gang() {
    TrainingSchedule schedule = bound.recipe().schedule();
    return String.format(
        Locale.ROOT,
        "%d on %s, batch %d in %d shards, allreduce by %s",
        ranks,
        bound.recipe().ranks().device() == Ranks.Device.GPU
            ? ranks == 1 ? "a GPU" : "a GPU each"
            : "the CPU",
        schedule.batch(),
        schedule.shards(),
        bound.recipe().ranks().algorithm(ranks).name().toLowerCase(Locale.ROOT));
  }
}
