package dev.tessera.jobs.likelihood;

import dev.tessera.datasets.InvalidDatasetException;
import dev.tessera.datasets.table.LatentInfo;
import dev.tessera.datasets.table.ManifestFile;
import dev.tessera.datasets.table.Subset;
import dev.tessera.datasets.table.TableKind;
import dev.tessera.datasets.table.TableManifest;
import dev.tessera.jobs.train.Trained;
import dev.tessera.models.UserException;
import dev.tessera.models.checkpoint.Checkpoint;
import dev.tessera.models.diffusion.Signal;
import dev.tessera.models.diffusion.likelihood.LikelihoodRecipe;
import dev.tessera.spark.inference.DensityTask;
import dev.tessera.spark.inference.RowRange;
import dev.tessera.spark.inference.StoredWeights;
import dev.tessera.spark.table.SharedFile;
import dev.tessera.spark.table.TableStage;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.SparkSession;

/** Log densities of a table's rows under a trained diffusion model. */
final class LikelihoodJob {

  private final SparkSession spark;

  LikelihoodJob(SparkSession spark) {
    this.spark = spark;
  }

  /** All that is known before Spark starts. */
  private record Plan(
      Checkpoint checkpoint,
      Trained.TrainedDiffusion trained,
      LikelihoodRecipe levels,
      long from,
      long rows) {}

  /**
   * Finds what is wrong before Spark starts; {@link #run} does so too.
   *
   * @throws UserException or {@link InvalidDatasetException} naming the first mistake
   */
  static void check(Configuration conf, LikelihoodRequest request) {
    plan(conf, request);
  }

  private static Plan plan(Configuration conf, LikelihoodRequest request) {
    Checkpoint checkpoint = StoredWeights.checkpoint(conf, request.checkpoint());
    Trained.TrainedDiffusion trained = Trained.diffusion(checkpoint);
    Signal signal = trained.signal();
    LikelihoodRecipe levels;
    try {
      levels = request.settings().levels(trained.recipe().model().path());
      request.settings().trace().check(signal.channels() * signal.height() * signal.width());
    } catch (IllegalArgumentException e) {
      throw new UserException(e.getMessage(), e);
    }
    TableManifest manifest = ManifestFile.read(conf, request.table());
    requireSame(signal, trained, manifest, request.table());
    long train = manifest.rows(Subset.TRAIN);
    long heldOut = manifest.rows(Subset.HELDOUT);
    Subset subset = request.settings().subset().orElse(heldOut > 0 ? Subset.HELDOUT : Subset.TRAIN);
    long there = manifest.rows(subset);
    long rows = request.count() == 0 ? there : request.count();
    if (rows > there || there == 0) {
      throw new UserException(
          "--count: "
              + rows
              + " (expected: at most "
              + there
              + ", the "
              + subset.label()
              + " rows of "
              + request.table()
              + ")");
    }
    return new Plan(checkpoint, trained, levels, subset == Subset.TRAIN ? 0 : train, rows);
  }

  private static void requireSame(
      Signal signal, Trained.TrainedDiffusion trained, TableManifest manifest, String table) {
    boolean pixels = signal.kind() == Signal.Kind.PIXELS;
    manifest.require(pixels ? TableKind.IMAGES : TableKind.LATENTS, table);
    List<Integer> expected = List.of(signal.channels(), signal.height(), signal.width());
    LatentInfo latents = manifest.latents();
    List<Integer> found =
        pixels ? List.of(3, manifest.imageSize(), manifest.imageSize()) : latents.shape();
    boolean dtype = pixels || latents.dtype().equals("float32");
    if (!found.equals(expected) || !dtype) {
      throw new UserException(
          table
              + " has rows of "
              + found
              + (dtype ? "" : ", " + latents.dtype())
              + " (expected: "
              + expected
              + (pixels ? "" : ", float32")
              + ", what the model draws)");
    }
    if (trained.recipe().model().classConditional()
        && !manifest.classNames().equals(trained.classNames())) {
      throw new UserException(
          table + " has other classes than the model (expected: those it was trained with)");
    }
  }

  LikelihoodSummary run(LikelihoodRequest request) {
    Configuration conf = spark.sparkContext().hadoopConfiguration();
    Plan plan = plan(conf, request);
    LikelihoodSettings settings = request.settings();
    long start = System.nanoTime();
    int tasks = settings.partitions() > 0 ? settings.partitions() : TableStage.slots(spark);
    List<DensityTask.Report> reports =
        TableStage.run(
            spark,
            "likelihood " + request.checkpoint(),
            List.of(
                SharedFile.checkpoint(conf, plan.checkpoint().path()),
                SharedFile.table(conf, request.table())),
            RowRange.split(plan.rows(), settings.batch(), tasks),
            new DensityTask(
                plan.trained().recipe().model(),
                plan.trained().signal(),
                plan.trained().classNames().size(),
                plan.checkpoint().path().toString(),
                request.table(),
                plan.from(),
                plan.levels(),
                settings.trace(),
                settings.seed(),
                settings.batch(),
                settings.device()));
    List<Double> nats = new ArrayList<>();
    reports.forEach(report -> nats.addAll(report.nats()));
    long calls = reports.stream().mapToLong(DensityTask.Report::evaluations).sum();
    double batches = Math.ceil((double) plan.rows() / settings.batch());
    double seconds = (System.nanoTime() - start) / 1e9;
    return LikelihoodSummary.of(nats, plan.trained(), calls / batches, seconds);
  }
}
