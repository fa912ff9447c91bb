package dev.tessera.jobs.bench;

import com.sun.management.OperatingSystemMXBean;
import dev.tessera.datasets.table.ManifestFile;
import dev.tessera.jobs.run.Console;
import dev.tessera.jobs.tokenizer.TokenizeJob;
import dev.tessera.jobs.tokenizer.TokenizeSummary;
import dev.tessera.jobs.train.Trained;
import dev.tessera.models.checkpoint.Checkpoint;
import dev.tessera.models.runtime.Libtorch;
import dev.tessera.models.runtime.TorchRuntime;
import dev.tessera.spark.device.RankThread;
import dev.tessera.spark.inference.InferenceDevice;
import dev.tessera.spark.inference.StoredWeights;
import dev.tessera.spark.inference.Tokenizer;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.spark.package$;
import org.apache.spark.sql.SparkSession;

/**
 * The whole job {@code tokenize} (read, decode, encode, measure, write both tables, commit) as one
 * task, against the bare encoder called in a loop on one batch with the same cores and device.
 */
final class TokenizeBench {

  private final TokenizeBenchRecipe recipe;
  private final SparkSession spark;
  private final Configuration conf;
  private final long batches;

  /** What one contender did: pictures a second, and processor seconds a second. */
  private record Turn(double images, double cores) {}

  private TokenizeBench(TokenizeBenchRecipe recipe, SparkSession spark) {
    this.recipe = recipe;
    this.spark = spark;
    this.conf = spark.sparkContext().hadoopConfiguration();
    long rows = ManifestFile.read(conf, recipe.images()).rows();
    this.batches = (rows + recipe.batch() - 1) / recipe.batch();
  }

  static void run(TokenizeBenchRecipe recipe, Console console) throws IOException {
    recipe.complete();
    BenchReport report = BenchReport.start("tokenize", console);
    report.fact("spark", "version", package$.MODULE$.SPARK_VERSION());
    try (SparkSession spark =
        SparkSession.builder()
            .appName("tessera bench tokenize")
            .master("local[" + recipe.cores() + "]")
            .config("spark.task.cpus", recipe.cores())
            .config("spark.ui.enabled", "false")
            .getOrCreate()) {
      new TokenizeBench(recipe, spark).measure(report);
    }
    report.write(Path.of(recipe.output()));
  }

  private void measure(BenchReport report) throws IOException {
    Path output = Files.createTempDirectory("tessera-bench");
    double[] ratios = new double[recipe.pairs()];
    report.line(
        String.format(
                Locale.ROOT,
                "%s in %s, batch %d, %d cores, 1 batch in %d decoded again",
                recipe.device(),
                recipe.precision(),
                recipe.batch(),
                recipe.cores(),
                recipe.measured())
            .toLowerCase(Locale.ROOT));
    report.line(
        "turn  bare encoder images/s (cores)  tokenize images/s (cores)  ratio  decoded images/s a"
            + " core");
    try {
      bare(); // Warm-up of both.
      job(output);
      for (int i = 0; i < ratios.length; i++) {
        ratios[i] = turn(i + 1, output, report);
      }
    } finally {
      FileSystem.getLocal(conf).delete(new org.apache.hadoop.fs.Path(output.toUri()), true);
    }
    report.line("ratio, median (range): " + Spread.of(ratios).text(1));
  }

  private double turn(int number, Path output, BenchReport report) throws IOException {
    Turn bare = bare();
    long before = cpuNanos();
    TokenizeSummary job = job(output);
    double cores = (cpuNanos() - before) / 1e9 / job.seconds();
    double ratio = job.imagesPerSecond() / bare.images();
    report.line(
        String.format(
            Locale.ROOT,
            "%4d %22.1f (%5.2f) %18.1f (%5.2f) %6.3f %12.0f",
            number,
            bare.images(),
            bare.cores(),
            job.imagesPerSecond(),
            cores,
            ratio,
            job.decodedPerSecond()));
    report.line("      " + job.stages());
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("bareImagesPerSecond", bare.images());
    row.put("bareCores", bare.cores());
    row.put("tokenizeImagesPerSecond", job.imagesPerSecond());
    row.put("tokenizeCores", cores);
    row.put("ratio", ratio);
    row.put("decodedPerSecondAndCore", job.decodedPerSecond());
    row.put("encodedPerSecond", job.codes().rows() / job.times().compute());
    row.put("stages", job.times());
    row.put("waited", job.times().waited());
    report.row(row);
    return ratio;
  }

  private static long cpuNanos() {
    return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
        .getProcessCpuTime();
  }

  /** The encoder alone, on the thread that the job's task will have: libtorch's threads are its. */
  private Turn bare() throws IOException {
    return onRankThread(
        () -> {
          Libtorch.useThreads(recipe.cores());
          Checkpoint checkpoint = StoredWeights.checkpoint(conf, recipe.checkpoint());
          Trained.TrainedTokenizer trained = Trained.tokenizer(checkpoint);
          boolean gpu = recipe.device() == InferenceDevice.GPU;
          try (TorchRuntime runtime = gpu ? TorchRuntime.onGpu(0) : TorchRuntime.onCpu();
              Tokenizer tokenizer =
                  Tokenizer.load(
                      runtime,
                      conf,
                      trained.spec(checkpoint.path().toString()),
                      recipe.batch(),
                      recipe.precision())) {
            // The programs that the job calls, in the same proportion.
            EncoderTurn.prepare(tokenizer, true, gpu ? 5 : 2);
            if (recipe.measured() > 1) {
              EncoderTurn.prepare(tokenizer, false, gpu ? 5 : 2);
            }
            long decoded = (batches + recipe.measured() - 1) / recipe.measured();
            long before = cpuNanos();
            double seconds =
                EncoderTurn.seconds(tokenizer, true, decoded)
                    + EncoderTurn.seconds(tokenizer, false, batches - decoded);
            return new Turn(
                batches * recipe.batch() / seconds, (cpuNanos() - before) / 1e9 / seconds);
          }
        });
  }

  private static <T> T onRankThread(Callable<T> body) throws IOException {
    RankThread.Run<T> run =
        RankThread.start("bench-encoder", Thread.currentThread().getContextClassLoader(), body);
    try {
      T result = run.get();
      run.awaitEnd(Long.MAX_VALUE);
      return result;
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw new IOException("the encoder failed: " + e.getCause().getMessage(), e.getCause());
    } catch (InterruptedException e) {
      run.interrupt();
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while the encoder was measured", e);
    }
  }

  private TokenizeSummary job(Path output) {
    return new TokenizeJob(spark)
        .run(recipe.checkpoint(), recipe.images(), output.toUri().toString(), recipe.settings());
  }
}
