package dev.tessera.jobs.train;

import dev.tessera.datasets.InvalidDatasetException;
import dev.tessera.jobs.config.RecipeText;
import dev.tessera.jobs.config.RecipeWriter;
import dev.tessera.jobs.run.Console;
import dev.tessera.jobs.run.Environment;
import dev.tessera.jobs.run.QualifiedPath;
import dev.tessera.jobs.run.RunDirectory;
import dev.tessera.models.IoFailure;
import dev.tessera.models.StorageException;
import dev.tessera.models.UserException;
import dev.tessera.models.runtime.Arithmetic;
import dev.tessera.models.train.StepCost;
import dev.tessera.models.train.TrainingLoop;
import dev.tessera.spark.barrier.Gang;
import dev.tessera.spark.barrier.GangException;
import dev.tessera.spark.barrier.GangSpec;
import dev.tessera.spark.barrier.LiveSlots;
import dev.tessera.spark.barrier.Slots;
import dev.tessera.spark.device.GpuSettings;
import dev.tessera.spark.inference.TokenizerSpec;
import dev.tessera.spark.settings.Setting;
import dev.tessera.spark.settings.TesseraSettings;
import dev.tessera.spark.table.SharedFile;
import dev.tessera.spark.training.TrainingPlan;
import dev.tessera.spark.training.TrainingRun;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSError;
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
    Optional<String> resumed = recipe.output().resume();
    // First: what a run that is not there needs besides does not matter.
    resumed.ifPresent(path -> RunDirectory.open(QualifiedPath.of(conf, path), conf).requireFree());
    BoundRun bound = BoundRun.of(recipe, conf);
    Slots.of(spark).require(gang(recipe, spark).ranks());
    if (resumed.isEmpty() && bound.latents()) {
      TokenizerCopy.source(bound, conf);
    }
  }

  /**
   * Trains.
   *
   * @param source where the recipe comes from, for the console
   * @param command the command line, for the run directory
   * @return the finished run
   */
  public RunDirectory run(Recipe recipe, String source, List<String> command) {
    BoundRun bound = BoundRun.of(recipe, conf);
    GangSpec gang = gang(recipe, spark.sparkContext().getConf());
    Gang.check(spark.sparkContext().getConf(), gang);
    RunDirectory run = directory(bound, command);
    console.products().run(run.path());
    try {
      train(bound, gang, source, run);
      run.writeReport();
      return run;
    } catch (IOException | FSError e) {
      throw IoFailure.ofWriting("Cannot write to " + run, "free some space there", e);
    } finally {
      // Whoever is interrupted still gives the run back: HDFS and object stores refuse such a
      // thread.
      boolean interrupted = Thread.interrupted();
      run.release();
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private void train(BoundRun bound, GangSpec gang, String source, RunDirectory run)
      throws IOException {
    StepCost cost = StepCost.of(bound.objective(), bound.recipe().schedule());
    RunRecorder recorder = new RunRecorder(run, console, bound.recipe(), cost);
    try (recorder) {
      Recipe kept = bound.recipe().with(bound.recipe().output().kept());
      run.writeConfig(RecipeWriter.write(Recipe.class, kept));
      run.writeEnvironment(Environment.ofDriver(spark.sparkContext().getConf()));
      TrainingPlan plan = plan(bound, run);
      int slots = slots(bound.recipe(), gang);
      int ranks = gang.ranksOfSlots().applyAsInt(slots);
      console.print(
          new RunFacts(bound, cost, ranks, slots, spark.sparkContext()).block(source, run));
      recorder.finished(
          TrainingRun.run(
              JavaSparkContext.fromSparkContext(spark.sparkContext()), gang, plan, recorder));
    } catch (UserException | InvalidDatasetException | GangException.Interrupted e) {
      if (bound.recipe().output().resume().isEmpty() && !recorder.started()) {
        run.discard();
        console.products().noRun();
      } else if (e instanceof GangException.Interrupted) {
        console.say(recorder.standing());
      }
      throw e;
    } catch (StorageException e) {
      throw new StorageException(e.getMessage() + "; " + recorder.stays(), e);
    }
  }

  /** Task slots there are; where the recipe takes what there is, once no more are to come. */
  private int slots(Recipe recipe, GangSpec gang) {
    if (recipe.ranks().count() > 0) {
      return LiveSlots.now(spark.sparkContext());
    }
    try {
      return LiveSlots.await(
          spark.sparkContext(), gang.ranks(), gang.settings().slotsWait(), console::say);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return LiveSlots.now(spark.sparkContext());
    }
  }

  /**
   * The gang that a recipe asks for.
   *
   * @throws UserException if its ranks cannot share the shards, or want devices that are not there
   */
  public static GangSpec gang(Recipe recipe, SparkConf spark) {
    Ranks ranks = recipe.ranks();
    int shards = recipe.schedule().shards();
    boolean gpu = ranks.device() == Ranks.Device.GPU;
    if (gpu) {
      boolean tf32 = TesseraSettings.from(spark).tf32();
      recipe
          .schedule()
          .precision()
          .require("every executor", new Arithmetic(tf32, tf32), Setting.TF32.key());
    }
    GpuSettings.check(spark, gpu);
    // Where the settings do not say how many slots there are, as many as can be used are awaited.
    int slots = Slots.of(spark).total().orElse(shards);
    boolean oneGpu = gpu && GpuSettings.isLocal(spark.get("spark.master", ""));
    int count = ranks.on(oneGpu ? 1 : slots, shards);
    GpuSettings.checkRanks(spark, gpu, count);
    TrainingLoop.requireDivisor(recipe.schedule(), count);
    GangSpec gang =
        GangSpec.of(recipe.name(), count, ranks.algorithm(count), TesseraSettings.from(spark));
    return (gpu ? gang.withGpu() : gang)
        .withRanksOfSlots(there -> ranks.on(oneGpu ? 1 : there, shards));
  }

  /** The last step before anything is written: what is wrong with a run is known by then. */
  private RunDirectory directory(BoundRun bound, List<String> command) {
    Output output = bound.recipe().output();
    if (output.resume().isPresent()) {
      RunDirectory run = RunDirectory.open(qualified(output.resume().get()), conf);
      Resumption resumption = Resumption.check(bound, run, conf);
      run.own();
      resumption.begin();
      resumption.said().forEach(console::say);
      return run;
    }
    if (bound.latents()) {
      TokenizerCopy.source(bound, conf);
    }
    RunDirectory run =
        RunDirectory.create(
            qualified(output.runs()), bound.recipe().name(), RecipeText.named(command), conf);
    run.own();
    return run;
  }

  private Path qualified(String path) {
    return QualifiedPath.of(conf, path);
  }

  private TrainingPlan plan(BoundRun bound, RunDirectory run) {
    Recipe recipe = bound.recipe();
    TokenizerSpec tokenizer = bound.latents() ? TokenizerCopy.in(run.path(), bound, conf) : null;
    return new TrainingPlan(
        bound.family(),
        recipe.schedule(),
        List.of(
            SharedFile.table(conf, qualified(recipe.data()).toString()),
            SharedFile.named(run.owner())),
        run.owner().toString(),
        qualified(recipe.data()).toString(),
        run.checkpoints().toString(),
        recipe.output().keepCheckpoints(),
        recipe.output().cache().orElse(null),
        Trained.write(bound.trained()),
        bound.trained().preview(tokenizer));
  }
}
