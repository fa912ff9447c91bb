package dev.tessera.jobs.bench;

import dev.tessera.datasets.table.ManifestFile;
import dev.tessera.jobs.run.Console;
import dev.tessera.jobs.tokenizer.TokenizeJob;
import dev.tessera.jobs.tokenizer.TokenizeSummary;
import dev.tessera.jobs.train.Trained;
import dev.tessera.models.checkpoint.Checkpoint;
import dev.tessera.models.runtime.Libtorch;
import dev.tessera.models.runtime.TorchRuntime;
import dev.tessera.spark.inference.StoredWeights;
import dev.tessera.spark.inference.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.spark.package$;
import org.apache.spark.sql.SparkSession;

/**
 * The whole job {@code tokenize} (read, encode, measure, write both tables, commit) against the
 * bare encoder called in a loop on one batch, one core each.
 */
final class TokenizeBench {

  private final TokenizeBenchRecipe recipe;
  private final SparkSession spark;
  private final Configuration conf;
  private final long batches;

  private TokenizeBench(TokenizeBenchRecipe recipe, SparkSession spark) {
    this.recipe = recipe;
    this.spark = spark;
    this.conf = spark.sparkContext().hadoopConfiguration();
    long rows = ManifestFile.read(conf, recipe.images()).rows();
    this.batches = (rows + TokenizeJob.BATCH - 1) / TokenizeJob.BATCH;
  }

  static void run(TokenizeBenchRecipe recipe, Console console) throws IOException {
    BenchReport report = BenchReport.start("tokenize", console);
    report.fact("spark", "version", package$.MODULE$.SPARK_VERSION());
    try (SparkSession spark =
        SparkSession.builder()
            .appName("tessera bench tokenize")
            .master("local[1]")
            .config("spark.ui.enabled", "false")
            .getOrCreate()) {
      new TokenizeBench(recipe.complete(), spark).measure(report);
    }
    report.write(Path.of(recipe.output()));
  }

  private void measure(BenchReport report) throws IOException {
    Path output = Files.createTempDirectory("tessera-bench");
    Libtorch.useThreads(1);
    Checkpoint checkpoint = StoredWeights.checkpoint(conf, recipe.checkpoint());
    Trained.TrainedTokenizer trained = Trained.tokenizer(checkpoint);
    double[] ratios = new double[recipe.pairs()];
    report.line("turn  bare encoder images/s  tokenize images/s  ratio  encoder's share");
    try (TorchRuntime runtime = TorchRuntime.onCpu();
        Tokenizer tokenizer =
            Tokenizer.load(
                runtime, conf, trained.spec(checkpoint.path().toString()), TokenizeJob.BATCH)) {
      bare(tokenizer); // Warm-up of both.
      job(output);
      for (int i = 0; i < ratios.length; i++) {
        double bare = bare(tokenizer);
        TokenizeSummary job = job(output);
        double whole = job.imagesPerSecond();
        double share = job.encoderSeconds() / job.seconds();
        ratios[i] = whole / bare;
        report.line(
            String.format(
                Locale.ROOT,
                "%4d %22.1f %18.1f %6.3f %15.3f",
                i + 1,
                bare,
                whole,
                ratios[i],
                share));
        report.row(row(bare, whole, share));
      }
    } finally {
      FileSystem.getLocal(conf).delete(new org.apache.hadoop.fs.Path(output.toUri()), true);
    }
    report.line("ratio, median (range): " + Spread.of(ratios).text(1));
  }

  private static Map<String, Object> row(double bare, double whole, double share) {
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("bareImagesPerSecond", bare);
    row.put("tokenizeImagesPerSecond", whole);
    row.put("ratio", whole / bare);
    // Of the job's own time: what other work on the machine slows alike.
    row.put("encoderShare", share);
    return row;
  }

  /** Images a second of the encoder alone. */
  private double bare(Tokenizer tokenizer) {
    long start = System.nanoTime();
    for (long i = 0; i < batches; i++) {
      tokenizer.encode(results -> {});
    }
    return batches * TokenizeJob.BATCH / ((System.nanoTime() - start) / 1e9);
  }

  private TokenizeSummary job(Path output) {
    return new TokenizeJob(spark)
        .run(recipe.checkpoint(), recipe.images(), output.toUri().toString(), true, 1);
  }
}
