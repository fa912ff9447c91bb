package dev.tessera.jobs.plan;

import dev.tessera.datasets.table.Subset;
import dev.tessera.jobs.config.RecipeWriter;
import dev.tessera.jobs.run.ConsoleBlock;
import dev.tessera.jobs.train.BoundRun;
import dev.tessera.jobs.train.Ranks;
import dev.tessera.jobs.train.Recipe;
import dev.tessera.jobs.train.TrainingJob;
import dev.tessera.models.train.GpuMemoryEstimate;
import dev.tessera.models.train.Group;
import dev.tessera.models.train.MemoryEstimate;
import dev.tessera.models.train.Objective;
import dev.tessera.models.train.Phase;
import dev.tessera.models.train.TrainingSchedule;
import dev.tessera.spark.barrier.Slots;
import java.util.Locale;
import java.util.stream.Collectors;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.SparkConf;

/** What a recipe would do: everything that is known without running it. */
public record Plan(
    BoundRun run, Objective objective, MemoryEstimate memory, int ranks, Slots slots) {

  private static final double GIB = 1L << 30;

  /** Reads the recipe's table and traces its programs. */
  public static Plan of(Recipe recipe, Configuration conf, SparkConf spark) {
    int ranks = TrainingJob.gang(recipe, spark).ranks();
    BoundRun run = BoundRun.of(recipe, conf);
    Objective objective = run.objective();
    return new Plan(
        run,
        objective,
        MemoryEstimate.of(objective, recipe.schedule(), ranks),
        ranks,
        Slots.of(spark));
  }

  /** Refuses ranks that can never start, with the setting to change. */
  public void requireSlots() {
    slots.require(ranks);
  }

  /** The facts for the console. */
  public ConsoleBlock block(String source) {
    Recipe recipe = run.recipe();
    TrainingSchedule schedule = recipe.schedule();
    return new ConsoleBlock("plan of " + source)
        .fact("recipe", RecipeWriter.write(Recipe.class, recipe).strip())
        .fact(
            "data",
            String.format(
                Locale.ROOT,
                "%,d training rows in %s, %.1f epochs",
                run.manifest().rows(Subset.TRAIN),
                recipe.data(),
                (double) schedule.images() / run.manifest().rows(Subset.TRAIN)))
        .fact(
            "model", objective.groups().stream().map(Plan::group).collect(Collectors.joining("\n")))
        .fact(
            "work",
            objective.phases().stream()
                .map(phase -> phase(phase, schedule))
                .collect(Collectors.joining("\n")))
        .fact(
            "steps",
            String.format(
                Locale.ROOT,
                "%,d of %d images: %d shards of %d, %d a rank",
                schedule.steps(),
                schedule.batch(),
                schedule.shards(),
                schedule.shardBatch(),
                schedule.shards() / ranks))
        .fact("memory", onGpu() ? gigabytes() : megabytes())
        .fact(
            "slots",
            ranks
                + " ranks, one task each; there are "
                + slots.words()
                + slots.warning(ranks).map(text -> "\n" + text).orElse(""));
  }

  private static String group(Group group) {
    return String.format(Locale.ROOT, "%s %,d parameters", group.name(), group.layout().size());
  }

  private static String phase(Phase phase, TrainingSchedule schedule) {
    return String.format(
        Locale.ROOT,
        "%s %.1f MFLOP an image, forward and backward",
        phase.name(),
        phase.gradient().flops() / schedule.shardBatch() / 1e6);
  }

  private boolean onGpu() {
    return run.recipe().ranks().device() == Ranks.Device.GPU;
  }

  /** Of each rank's GPU. */
  private String gigabytes() {
    GpuMemoryEstimate gpu = GpuMemoryEstimate.of(objective, run.recipe().schedule(), ranks);
    return String.format(
        Locale.ROOT,
        """
        %.1f GiB of a GPU a rank: CUDA and libraries %.1f, parameters and optimiser %.1f, batches %.1f, \
        activations and gradients %.1f, fragments %.1f""",
        gpu.total() / GIB,
        gpu.process() / GIB,
        gpu.vectors() / GIB,
        gpu.batches() / GIB,
        gpu.working() / GIB,
        gpu.fragments() / GIB);
  }

  private String megabytes() {
    return String.format(
        Locale.ROOT,
        """
        %,d MB a rank: process %,d, vectors %,d, batches %,d, gradients %,d, working %,d, fragments %,d
        process: a JVM that only trains, with libtorch and %,d MB of heap in use; what more of \
        spark.executor.memory an executor fills comes on top""",
        memory.total() / 1_000_000,
        memory.process() / 1_000_000,
        memory.vectors() / 1_000_000,
        memory.batches() / 1_000_000,
        memory.gradients() / 1_000_000,
        memory.working() / 1_000_000,
        memory.fragments() / 1_000_000,
        MemoryEstimate.HEAP / 1_000_000);
  }
}
