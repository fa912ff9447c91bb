package dev.tessera.jobs.evaluate;

import dev.tessera.datasets.InvalidDatasetException;
import dev.tessera.jobs.run.QualifiedPath;
import dev.tessera.models.UserException;
import dev.tessera.models.evaluation.Metric;
import dev.tessera.spark.inference.EvaluateTask;
import dev.tessera.spark.inference.FeatureSource;
import dev.tessera.spark.inference.PairTask;
import dev.tessera.spark.inference.PictureStatistics;
import dev.tessera.spark.inference.PictureTable;
import dev.tessera.spark.inference.RowRange;
import dev.tessera.spark.inference.StatisticsPlan;
import dev.tessera.spark.table.SharedFile;
import dev.tessera.spark.table.TableStage;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.SparkSession;

/**
 * Compares pictures with others. Statistics of both sides are collected by a stage each, in fixed
 * batches, and merged in the order of the rows.
 */
public final class EvaluateJob {

  private final SparkSession spark;
  private final Configuration conf;

  public EvaluateJob(SparkSession spark) {
    this.spark = spark;
    this.conf = spark.sparkContext().hadoopConfiguration();
  }

  /** What a request comes to, once all that can be known without a task has been checked. */
  private record Sides(
      List<Metric> metrics,
      FeatureSource features,
      FeatureSource.Network classifier,
      Optional<PictureTable> input,
      Optional<PictureTable> reference,
      Optional<PictureStatistics> known) {

    static Sides of(Configuration conf, EvaluateRequest request) {
      List<Metric> metrics = MetricChoice.of(request);
      FeatureSource features = Sources.features(conf, request);
      Sides sides =
          new Sides(
              metrics,
              features,
              Sources.classifier(conf, request),
              request.input().map(path -> table(conf, path)),
              request.reference().map(path -> table(conf, path)),
              request
                  .referenceStatistics()
                  .map(file -> StatisticsFile.read(conf, file, features.fingerprint())));
      request.saveStatistics().ifPresent(file -> StatisticsFile.target(conf, file));
      sides.check();
      return sides;
    }

    private static PictureTable table(Configuration conf, String path) {
      return PictureTable.of(conf, QualifiedPath.of(conf, path).toString());
    }

    private void check() {
      if (features != null) {
        input.ifPresent(table -> features.takes(table.size()));
        reference.ifPresent(table -> features.takes(table.size()));
      }
      if (input.isPresent() && reference.isPresent()) {
        checkSizes(input.get(), reference.get());
      }
    }

    private void checkSizes(PictureTable one, PictureTable other) {
      boolean pixels =
          metrics.stream()
              .anyMatch(m -> m.needs() == Metric.Needs.PICTURES || m.needs() == Metric.Needs.PAIRS);
      boolean resized =
          features == null || features.takes(one.size()) == features.takes(other.size());
      if (one.size() != other.size() && (pixels || !resized)) {
        throw new UserException(
            one.path()
                + " holds pictures of "
                + one.size()
                + " pixels and "
                + other.path()
                + " of "
                + other.size()
                + ": ingest one with the other's size, or measure features alone, with size=N"
                + " and metrics=[frechet].");
      }
      boolean paired = metrics.stream().anyMatch(m -> m.needs() == Metric.Needs.PAIRS);
      if (paired && one.rows() != other.rows()) {
        throw new UserException(
            one.path()
                + " has "
                + one.rows()
                + " pictures and "
                + other.path()
                + " "
                + other.rows()
                + " (expected: the same pictures in both, as paired=true says)");
      }
    }

    boolean needs(Metric.Needs needs) {
      return metrics.stream().anyMatch(m -> m.needs() == needs);
    }

    <M extends Metric> Optional<M> metric(Class<M> type) {
      return metrics.stream().filter(type::isInstance).map(type::cast).findFirst();
    }
  }

  /**
   * Finds what is wrong before Spark starts; {@link #run} does so too.
   *
   * @throws UserException or {@link InvalidDatasetException} naming the first mistake
   */
  public static void check(Configuration conf, EvaluateRequest request) {
    Sides.of(conf, request);
  }

  /** Collects, compares, and saves what was asked to be saved. */
  EvaluateReport run(EvaluateRequest request) {
    Sides sides = Sides.of(conf, request);
    EvaluateSettings settings = request.settings();
    long start = System.nanoTime();
    boolean save = request.saveStatistics().isPresent();
    Optional<PictureStatistics> reference =
        sides.known.or(
            () ->
                sides.reference.map(
                    table -> collected(table, plan(sides, settings, true, save), settings)));
    Optional<PictureStatistics> input =
        sides.input.map(
            table ->
                collected(
                    table, plan(sides, settings, false, save && reference.isEmpty()), settings));
    if (save) {
      StatisticsFile.write(
          conf,
          request.saveStatistics().get(),
          reference.or(() -> input).orElseThrow(),
          sides.features.fingerprint());
    }
    EvaluateReport report = new EvaluateReport();
    describe(request, sides, input, reference, report);
    if (input.isPresent()) {
      boolean asked = !settings.metrics().isEmpty();
      new Comparison(input.get(), reference, settings.kept(), asked, report).measure(sides.metrics);
    }
    if (sides.needs(Metric.Needs.PAIRS)) {
      PairTask.Pairs pairs = pairs(sides.input.get(), sides.reference.get(), settings);
      report.value("psnr", pairs.psnr().result());
      report.value("ssim", pairs.ssim().result());
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    report.fact("seconds", String.format(Locale.ROOT, "%.1f", seconds), seconds);
    return report;
  }

  private static StatisticsPlan plan(
      Sides sides, EvaluateSettings settings, boolean reference, boolean save) {
    boolean features = save || sides.needs(Metric.Needs.FEATURES);
    boolean kept =
        save
            || sides.metric(Metric.Kernel.class).isPresent()
            || sides.metric(Metric.PrecisionRecall.class).isPresent();
    Optional<Metric.InceptionScore> score =
        reference ? Optional.empty() : sides.metric(Metric.InceptionScore.class);
    return new StatisticsPlan(
        features ? sides.features : null,
        kept ? settings.kept() : 0,
        sides.metric(Metric.SlicedWasserstein.class).orElse(null),
        score.isPresent() ? sides.classifier : null,
        settings.logits(),
        score.orElse(null));
  }

  private PictureStatistics collected(
      PictureTable table, StatisticsPlan plan, EvaluateSettings settings) {
    List<RowRange> shares = shares(table, settings);
    return PictureStatistics.merged(
        TableStage.run(
            spark,
            "evaluate " + table.path(),
            List.of(SharedFile.table(conf, table.path())),
            shares,
            new EvaluateTask(table, plan, settings.batch(), settings.device())));
  }

  private PairTask.Pairs pairs(
      PictureTable input, PictureTable reference, EvaluateSettings settings) {
    PairTask.Pairs all = PairTask.Pairs.of(input.size());
    TableStage.run(
            spark,
            "evaluate pairs of " + input.path(),
            List.of(SharedFile.table(conf, input.path()), SharedFile.table(conf, reference.path())),
            shares(input, settings),
            new PairTask(input, reference))
        .forEach(all::merge);
    return all;
  }

  private List<RowRange> shares(PictureTable table, EvaluateSettings settings) {
    int tasks = settings.partitions() > 0 ? settings.partitions() : TableStage.slots(spark);
    return RowRange.split(table.rows(), settings.batch(), tasks);
  }

  private static void describe(
      EvaluateRequest request,
      Sides sides,
      Optional<PictureStatistics> input,
      Optional<PictureStatistics> reference,
      EvaluateReport report) {
    input.ifPresent(
        set ->
            report.fact(
                "input", pictures(set) + " of " + request.input().orElseThrow(), set.pictures()));
    reference.ifPresent(
        set ->
            report.fact(
                "reference",
                pictures(set)
                    + " of "
                    + request.reference().or(request::referenceStatistics).orElseThrow(),
                set.pictures()));
    if (sides.features != null) {
      String file = request.features().or(request::tokenizer).orElseThrow();
      reference
          .or(() -> input)
          .flatMap(PictureStatistics::moments)
          .ifPresent(
              moments ->
                  report.fact(
                      "features",
                      String.format(Locale.ROOT, "%,d of %s", moments.dimensions(), file),
                      moments.dimensions()));
      report.fact("source", sides.features.fingerprint(), sides.features.fingerprint());
    }
    request.saveStatistics().ifPresent(file -> report.fact("saved", file, file));
  }

  private static String pictures(PictureStatistics set) {
    return String.format(Locale.ROOT, "%,d pictures", set.pictures());
  }
}
