package dev.tessera.jobs.ingest;

import dev.tessera.datasets.InvalidDatasetException;
import dev.tessera.datasets.source.ImageSource;
import dev.tessera.datasets.source.Listing;
import dev.tessera.datasets.source.ListingLog;
import dev.tessera.datasets.source.SourceSpec;
import dev.tessera.datasets.source.Split;
import dev.tessera.datasets.table.Subset;
import dev.tessera.datasets.table.TableContent;
import dev.tessera.datasets.table.TableManifest;
import dev.tessera.datasets.table.TableOutput;
import dev.tessera.datasets.table.TablePart;
import dev.tessera.models.UserException;
import dev.tessera.spark.table.TableStage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.SparkSession;

/**
 * Raw images to an image table, as a Spark job over partitions: the driver lists and commits, tasks
 * decode and write. Every picture of the source is in the table or in its quarantine.
 */
public final class IngestJob {

  /** A task's pictures of 64 x 64; of larger ones as many fewer as they have more pixels. */
  private static final long IMAGES_PER_TASK = 2_500;

  private static final long FEWEST_PER_TASK = 500;
  private static final long MAX_TASKS = 10_000;

  private IngestJob() {}

  /**
   * Runs the job.
   *
   * @throws InvalidDatasetException if the input is missing, empty or damaged as a whole, or if the
   *     output exists or cannot be written; nothing is left behind
   * @throws UserException if no picture of the input can be read
   */
  public static IngestSummary run(SparkSession spark, IngestRecipe recipe) {
    return run(spark, recipe, IngestProgress.SILENT);
  }

  static IngestSummary run(SparkSession spark, IngestRecipe recipe, IngestProgress progress) {
    long start = System.nanoTime();
    Configuration conf = spark.sparkContext().hadoopConfiguration();
    Listing listing = list(conf, source(conf, recipe), recipe, progress);
    ImageSource source = listing.reader();
    checkApart(conf, recipe);
    TableOutput output = TableOutput.begin(conf, recipe.output(), recipe.overwrite());
    boolean committed = false;
    try {
      List<Split> splits = listing.splits(tasks(recipe, listing.count()));
      List<IngestReport> reports =
          TableStage.run(
              spark, "ingest " + recipe.input(), splits, new IngestTask(source, recipe, output));
      checkComplete(recipe, listing, reports);
      TableManifest manifest = commit(conf, recipe, source, listing, reports, output);
      committed = true;
      double seconds = (System.nanoTime() - start) * 1e-9;
      return new IngestSummary(
          output.table(),
          manifest,
          listing.count(),
          reports.stream().mapToLong(IngestReport::unlabelled).sum(),
          reasons(reports),
          warnings(reports),
          seconds);
    } finally {
      if (!committed) {
        output.abort(conf);
      }
    }
  }

  /**
   * Finds what is wrong with input and output before Spark starts, without listing the input.
   *
   * @throws InvalidDatasetException or {@link UserException} naming the first mistake
   */
  public static void check(Configuration conf, IngestRecipe recipe) {
    source(conf, recipe);
    checkApart(conf, recipe);
    TableOutput.check(conf, recipe.output(), recipe.overwrite());
  }

  private static ImageSource source(Configuration conf, IngestRecipe recipe) {
    List<String> inputs = recipe.inputs().stream().map(input -> reachable(conf, input)).toList();
    return SourceSpec.parse(conf, inputs, recipe.source());
  }

  /** Tasks run in other folders than the driver: a relative path means the driver's. */
  private static String reachable(Configuration conf, String input) {
    if (input.startsWith("icons:")) {
      return input;
    }
    try {
      return qualified(conf, input).toString();
    } catch (IOException | IllegalArgumentException e) {
      throw new InvalidDatasetException(
          "Cannot read " + input + " (" + e.getMessage() + "): check the input path", e);
    }
  }

  private static Listing list(
      Configuration conf, ImageSource source, IngestRecipe recipe, IngestProgress progress) {
    ListingLog log = new ListingLog(progress::listed);
    try (progress) {
      Listing listing = source.list(conf, log);
      if (listing.count() == 0) {
        throw new UserException(recipe.input() + " holds no pictures: check the input path");
      }
      boolean matched =
          listing.segments().stream().anyMatch(segment -> segment.split() == Subset.HELDOUT);
      if (!recipe.heldoutFiles().isEmpty() && !matched) {
        throw new UserException(
            "--heldout-files "
                + String.join(" ", recipe.heldoutFiles())
                + " matches no file of "
                + recipe.input()
                + ": a pattern without a slash is of the file's name, another of its path there");
      }
      return listing;
    } catch (IOException e) {
      throw new InvalidDatasetException(
          "Cannot read " + recipe.input() + " (" + e.getMessage() + "): check the input path", e);
    } finally {
      log.notes().forEach(progress::say);
    }
  }

  /** An output inside its input would be read as input the next time, or overwritten now. */
  private static void checkApart(Configuration conf, IngestRecipe recipe) {
    recipe.inputs().stream()
        .filter(input -> !input.startsWith("icons:"))
        .forEach(input -> checkApart(conf, input, recipe));
  }

  private static void checkApart(Configuration conf, String given, IngestRecipe recipe) {
    try {
      Path input = qualified(conf, given);
      Path output = qualified(conf, recipe.output());
      if ((output + "/").startsWith(input + "/") || (input + "/").startsWith(output + "/")) {
        throw new UserException(
            String.format(
                Locale.ROOT,
                "Output %s and input %s are one inside the other: choose another output",
                recipe.output(),
                given));
      }
    } catch (IOException | IllegalArgumentException e) {
      throw new InvalidDatasetException(
          "Cannot write to " + recipe.output() + " (" + e.getMessage() + "): choose another output",
          e);
    }
  }

  private static Path qualified(Configuration conf, String path) throws IOException {
    return new Path(path).getFileSystem(conf).makeQualified(new Path(path));
  }

  private static int tasks(IngestRecipe recipe, long count) {
    if (recipe.partitions() > 0) {
      return recipe.partitions();
    }
    double larger = Math.max(1, recipe.size() * (double) recipe.size() / (64 * 64));
    long each = Math.max(FEWEST_PER_TASK, (long) (IMAGES_PER_TASK / larger));
    return (int) Math.min(MAX_TASKS, (count + each - 1) / each);
  }

  private static void checkComplete(
      IngestRecipe recipe, Listing listing, List<IngestReport> reports) {
    long read = reports.stream().mapToLong(IngestReport::read).sum();
    long written = reports.stream().mapToLong(IngestReport::written).sum();
    if (read != listing.count() || written != read) {
      throw new UserException(
          String.format(
              Locale.ROOT,
              "%s changed while it was read: %d pictures listed, %d read, %d written; run ingest again",
              recipe.input(),
              listing.count(),
              read,
              written));
    }
    if (reports.stream().allMatch(report -> report.images().rows() == 0)) {
      throw new UserException(
          String.format(
              Locale.ROOT,
              "%s holds no readable picture; reasons of all %d: %s",
              recipe.input(),
              read,
              String.join(
                  "; ",
                  IngestSummary.reasonLines(reasons(reports)).stream()
                      .map(line -> line.strip().replace("quarantined: ", ""))
                      .toList())));
    }
  }

  private static TableManifest commit(
      Configuration conf,
      IngestRecipe recipe,
      ImageSource source,
      Listing listing,
      List<IngestReport> reports,
      TableOutput output) {
    List<TablePart> parts = new ArrayList<>();
    for (IngestReport report : reports) {
      parts.add(report.images());
      parts.add(report.quarantine());
    }
    TableContent content =
        TableContent.images(
            recipe.size(),
            listing.classNames(),
            Map.of(
                "input", recipe.input(),
                "source", source.name(),
                "crop", recipe.crop().name().toLowerCase(Locale.ROOT),
                "filter", recipe.filter().name().toLowerCase(Locale.ROOT),
                "background", recipe.background(),
                "padding", recipe.padding(),
                "strict", Boolean.toString(recipe.strict()),
                "profiles", Boolean.toString(recipe.profiles())));
    return output.commit(conf, parts, content);
  }

  private static Map<String, Long> warnings(List<IngestReport> reports) {
    Map<String, Long> warnings = new TreeMap<>();
    for (IngestReport report : reports) {
      report.warnings().forEach((kind, count) -> warnings.merge(kind, count, Long::sum));
    }
    return warnings;
  }

  private static Map<String, Reason> reasons(List<IngestReport> reports) {
    Map<String, Reason> reasons = new TreeMap<>();
    for (IngestReport report : reports) {
      report.reasons().forEach((name, reason) -> reasons.merge(name, reason, Reason::and));
    }
    return reasons;
  }
}
