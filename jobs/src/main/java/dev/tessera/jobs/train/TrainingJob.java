package dev.tessera.jobs.train;

import dev.tessera.datasets.table.TableKind;
import dev.tessera.jobs.config.RecipeWriter;
import dev.tessera.jobs.run.Console;
import dev.tessera.jobs.run.ConsoleBlock;
import dev.tessera.jobs.run.Environment;
import dev.tessera.jobs.run.RunDirectory;
import dev.tessera.models.UserException;
import dev.tessera.models.train.Group;
import dev.tessera.models.train.Objective;
import dev.tessera.models.train.TrainingLoop;
import dev.tessera.spark.barrier.GangSpec;
import dev.tessera.spark.device.GpuSettings;
import dev.tessera.spark.inference.TokenizerSpec;
import dev.tessera.spark.settings.TesseraSettings;
import dev.tessera.spark.training.Preview;
import dev.tessera.spark.training.TrainingPlan;
import dev.tessera.spark.training.TrainingRun;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Paths;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;

/** Runs a recipe: a gang of ranks, with everything it tells kept in a run directory. */
public final class TrainingJob {

  private final SparkSession spark;
  private final Console console;
  private final Configuration conf;

  public TrainingJob(SparkSession spark, Console console) {
    this.spark = spark;
    this.console = console;
    this.conf = spark.sparkContext().hadoopConfiguration();
  }

  /**
   * Trains.
   *
   * @param command the command line, for the run directory
   * @return the finished run
   */
  public RunDirectory run(Recipe recipe, List<String> command) {
    BoundRun bound = BoundRun.of(recipe, conf);
    GangSpec gang = gang(recipe);
    RunDirectory run = directory(recipe, command);
    try {
      run.writeConfig(RecipeWriter.write(Recipe.class, recipe));
      run.writeEnvironment(Environment.ofDriver(spark.sparkContext().getConf()));
      TrainingPlan plan = plan(bound, run);
      console.print(facts(bound, run));
      try (RunRecorder recorder = new RunRecorder(run, console, recipe)) {
        recorder.finished(
            TrainingRun.run(
                JavaSparkContext.fromSparkContext(spark.sparkContext()), gang, plan, recorder));
      }
      run.writeReport();
      return run;
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot write to " + run + ": " + e.getMessage(), e);
    }
  }

  private GangSpec gang(Recipe recipe) {
    Ranks ranks = recipe.ranks();
    TrainingLoop.requireDivisor(recipe.schedule(), ranks.count());
    boolean gpu = ranks.device() == Ranks.Device.GPU;
    if (gpu) {
      GpuSettings.check(spark.sparkContext().getConf(), true);
      throw new UserException(
          "ranks.device: gpu is not supported by this version; set ranks.device=cpu.");
    }
    return GangSpec.of(
        recipe.name(),
        ranks.count(),
        ranks.allreduce(),
        TesseraSettings.from(spark.sparkContext().getConf()));
  }

  private RunDirectory directory(Recipe recipe, List<String> command) {
    return recipe
        .output()
        .resume()
        .map(path -> RunDirectory.open(qualified(path), conf))
        .orElseGet(
            () ->
                RunDirectory.create(
                    qualified(recipe.output().runs()), recipe.name(), command, conf));
  }

  private Path qualified(String path) {
    try {
      Path given = new Path(path);
      return given.getFileSystem(conf).makeQualified(given);
    } catch (IOException e) {
      throw new UserException("Cannot reach " + path + ": " + e.getMessage(), e);
    }
  }

  private TrainingPlan plan(BoundRun bound, RunDirectory run) {
    Recipe recipe = bound.recipe();
    String cache =
        recipe
            .output()
            .cache()
            .orElseGet(
                () -> Paths.get(System.getProperty("java.io.tmpdir"), "tessera-cache").toString());
    return new TrainingPlan(
        bound.family(),
        recipe.schedule(),
        qualified(recipe.data()).toString(),
        run.checkpoints().toString(),
        recipe.output().keepCheckpoints(),
        cache,
        Trained.write(bound.trained()),
        preview(bound, run));
  }

  private Preview preview(BoundRun bound, RunDirectory run) {
    if (bound.recipe() instanceof Recipe.Tokenizer tokenizer) {
      return new Preview.Reconstructions(
          tokenizer.preview().pictures(), tokenizer.preview().measured());
    }
    TokenizerSpec tokenizer =
        bound.manifest().kind() == TableKind.IMAGES ? null : tokenizer(bound, run);
    Trained.TrainedDiffusion trained = (Trained.TrainedDiffusion) bound.trained();
    return new Preview.Samples(trained.spec(tokenizer), bound.recipe().schedule().seed());
  }

  private TokenizerSpec tokenizer(BoundRun bound, RunDirectory run) {
    String source = bound.manifest().provenance().get("tokenizer");
    if (source == null) {
      throw new UserException(
          bound.recipe().data() + " does not say which tokenizer made it: tokenize again.");
    }
    return TokenizerCopy.into(run.path(), source, conf);
  }

  private ConsoleBlock facts(BoundRun bound, RunDirectory run) {
    Recipe recipe = bound.recipe();
    return new ConsoleBlock(recipe.name())
        .fact("run", run.toString())
        .fact(
            "data",
            String.format(
                "%,d %s from %s",
                bound.manifest().rows(),
                bound.manifest().kind() == TableKind.IMAGES ? "images" : "latents",
                recipe.data()))
        .fact("model", parameters(bound.objective()))
        .fact(
            "ranks",
            String.format(
                "%d on the CPU, batch %d in %d shards, allreduce by %s",
                recipe.ranks().count(),
                recipe.schedule().batch(),
                recipe.schedule().shards(),
                recipe.ranks().allreduce().name().toLowerCase(java.util.Locale.ROOT)));
  }

  private static String parameters(Objective objective) {
    return objective.groups().stream()
        .map(TrainingJob::parameters)
        .collect(Collectors.joining(", "));
  }

  private static String parameters(Group group) {
    return String.format("%s %,d parameters", group.name(), group.layout().size());
  }
}
