package dev.tessera.jobs.train;

import dev.tessera.datasets.InvalidDatasetException;
import dev.tessera.jobs.config.RecipeWriter;
import dev.tessera.jobs.run.Console;
import dev.tessera.jobs.run.ConsoleBlock;
import dev.tessera.jobs.run.Environment;
import dev.tessera.jobs.run.RunDirectory;
import dev.tessera.models.UserException;
import dev.tessera.models.train.Group;
import dev.tessera.models.train.Objective;
import dev.tessera.models.train.TrainingLoop;
import dev.tessera.spark.barrier.Gang;
import dev.tessera.spark.barrier.GangSpec;
import dev.tessera.spark.barrier.Slots;
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
import java.util.Locale;
import java.util.stream.Collectors;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.SparkConf;
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
   * Finds what is wrong with a run before Spark starts; {@link #run} does so too.
   *
   * @throws UserException or {@link InvalidDatasetException} naming the first mistake
   */
  public static void check(Recipe recipe, Configuration conf, SparkConf spark) {
    BoundRun bound = BoundRun.of(recipe, conf);
    gang(recipe, spark);
    Slots.of(spark).require(recipe.ranks().count());
    if (recipe.output().resume().isEmpty() && bound.latents()) {
      TokenizerCopy.source(bound, conf);
    }
  }

  /**
   * Trains.
   *
   * @param command the command line, for the run directory
   * @return the finished run
   */
  public RunDirectory run(Recipe recipe, List<String> command) {
    BoundRun bound = BoundRun.of(recipe, conf);
    GangSpec gang = gang(recipe, spark.sparkContext().getConf());
    Gang.check(spark.sparkContext().getConf(), gang);
    RunDirectory run = directory(bound, command);
    try {
      train(bound, gang, run);
      run.writeReport();
      return run;
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot write to " + run + ": " + e.getMessage(), e);
    }
  }

  private void train(BoundRun bound, GangSpec gang, RunDirectory run) throws IOException {
    RunRecorder recorder = new RunRecorder(run, console, bound.recipe());
    try (recorder) {
      run.writeConfig(RecipeWriter.write(Recipe.class, bound.recipe()));
      run.writeEnvironment(Environment.ofDriver(spark.sparkContext().getConf()));
      TrainingPlan plan = plan(bound, run);
      console.print(facts(bound, run));
      recorder.finished(
          TrainingRun.run(
              JavaSparkContext.fromSparkContext(spark.sparkContext()), gang, plan, recorder));
    } catch (UserException | InvalidDatasetException e) {
      if (bound.recipe().output().resume().isEmpty() && !recorder.started()) {
        run.discard();
      }
      throw e;
    }
  }

  /**
   * The gang that a recipe asks for.
   *
   * @throws UserException if its ranks cannot share the shards, or want devices that are not there
   */
  public static GangSpec gang(Recipe recipe, SparkConf spark) {
    Ranks ranks = recipe.ranks();
    TrainingLoop.requireDivisor(recipe.schedule(), ranks.count());
    boolean gpu = ranks.device() == Ranks.Device.GPU;
    if (gpu) {
      GpuSettings.check(spark, true);
      throw new UserException(
          "ranks.device: gpu is not supported by this version; set ranks.device=cpu.");
    }
    return GangSpec.of(
        recipe.name(), ranks.count(), ranks.allreduce(), TesseraSettings.from(spark));
  }

  /** The last step before anything is written: what is wrong with a run is known by then. */
  private RunDirectory directory(BoundRun bound, List<String> command) {
    Output output = bound.recipe().output();
    if (output.resume().isPresent()) {
      RunDirectory run = RunDirectory.open(qualified(output.resume().get()), conf);
      Resumption.check(bound, run, conf);
      return run;
    }
    if (bound.latents()) {
      TokenizerCopy.source(bound, conf);
    }
    return RunDirectory.create(qualified(output.runs()), bound.recipe().name(), command, conf);
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
    TokenizerSpec tokenizer = bound.latents() ? TokenizerCopy.in(run.path(), bound, conf) : null;
    Trained.TrainedDiffusion trained = (Trained.TrainedDiffusion) bound.trained();
    return new Preview.Samples(trained.spec(tokenizer), bound.recipe().schedule().seed());
  }

  private ConsoleBlock facts(BoundRun bound, RunDirectory run) {
    Recipe recipe = bound.recipe();
    return new ConsoleBlock(recipe.name())
        .fact("run", run.toString())
        .fact(
            "data",
            String.format(
                Locale.ROOT,
                "%,d %s from %s",
                bound.manifest().rows(),
                bound.latents() ? "latents" : "images",
                recipe.data()))
        .fact("model", parameters(bound.objective()))
        .fact(
            "ranks",
            String.format(
                Locale.ROOT,
                "%d on the CPU, batch %d in %d shards, allreduce by %s",
                recipe.ranks().count(),
                recipe.schedule().batch(),
                recipe.schedule().shards(),
                recipe.ranks().allreduce().name().toLowerCase(Locale.ROOT)));
  }

  private static String parameters(Objective objective) {
    return objective.groups().stream()
        .map(TrainingJob::parameters)
        .collect(Collectors.joining(", "));
  }

  private static String parameters(Group group) {
    return String.format(Locale.ROOT, "%s %,d parameters", group.name(), group.layout().size());
  }
}
