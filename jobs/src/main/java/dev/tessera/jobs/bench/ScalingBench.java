package dev.tessera.jobs.bench;

import dev.tessera.jobs.run.Console;
import dev.tessera.models.train.StepReport;
import dev.tessera.spark.barrier.Gang;
import dev.tessera.spark.barrier.GangListener;
import dev.tessera.spark.barrier.GangSpec;
import dev.tessera.spark.settings.TesseraSettings;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.package$;

/**
 * The same training on two executors of one core and on one: images a second, and what part of a
 * step the two spend in the collective, waiting for each other included.
 */
final class ScalingBench {

  /** Steps that load libraries and fill caches. */
  private static final int WARMUP = 2;

  private final ScalingRecipe recipe;

  private ScalingBench(ScalingRecipe recipe) {
    this.recipe = recipe;
  }

  /** What one turn measured. */
  private record Turn(double imagesPerSecond, double stepSeconds, double share, long bytesSent) {}

  static void run(ScalingRecipe recipe, Console console) throws IOException {
    BenchReport report = BenchReport.start("scaling", console);
    report.fact("spark", "version", package$.MODULE$.SPARK_VERSION());
    ScalingBench bench = new ScalingBench(recipe);
    report.line(
        "turn  1 executor: images/s (ms a step)  2 executors: images/s (ms a step)  ratio"
            + "  allreduce's share  MB a step");
    double[] ratios = new double[recipe.pairs()];
    for (int i = 0; i < ratios.length; i++) {
      Turn one = bench.turn(1);
      Turn two = bench.turn(2);
      ratios[i] = two.imagesPerSecond() / one.imagesPerSecond();
      report.line(
          String.format(
              Locale.ROOT,
              "%4d  %19.1f (%.0f) %30.1f (%.0f) %9.3f %18.1f %% %9.1f",
              i + 1,
              one.imagesPerSecond(),
              one.stepSeconds() * 1e3,
              two.imagesPerSecond(),
              two.stepSeconds() * 1e3,
              ratios[i],
              two.share() * 100,
              two.bytesSent() / 1e6));
      Map<String, Object> row = new LinkedHashMap<>();
      row.put("one", one);
      row.put("two", two);
      row.put("ratio", ratios[i]);
      report.row(row);
    }
    report.line("ratio of images/s, median (range): " + Spread.of(ratios).text(1));
    report.write(Path.of(recipe.output()));
  }

  private Turn turn(int executors) {
    ScalingTask task =
        new ScalingTask(recipe.subject(), recipe.shardBatch(), WARMUP + recipe.steps());
    SparkConf conf = conf(executors);
    try (JavaSparkContext spark = new JavaSparkContext(conf)) {
      GangSpec gang =
          GangSpec.of("scaling", executors, recipe.algorithm(), TesseraSettings.from(conf));
      List<ArrayList<StepReport>> ranks =
          Gang.<ArrayList<StepReport>>run(spark, gang, attempt -> task, GangListener.silent());
      return turn(ranks.get(0));
    }
  }

  private Turn turn(List<StepReport> all) {
    List<StepReport> steps = all.subList(WARMUP, all.size());
    Spread seconds = Spread.of(steps.stream().mapToDouble(StepReport::seconds).toArray());
    double total = steps.stream().mapToDouble(StepReport::seconds).sum();
    double waited = steps.stream().mapToDouble(StepReport::communicationSeconds).sum();
    return new Turn(
        ScalingTask.SHARDS * recipe.shardBatch() / seconds.median(),
        seconds.median(),
        waited / total,
        steps.get(0).bytesSent());
  }

  private SparkConf conf(int executors) {
    int memory = recipe.executorMemory();
    SparkConf conf = new SparkConf().setAppName("tessera bench scaling");
    conf.setMaster("local-cluster[" + executors + ",1," + memory + "]");
    conf.set("spark.executor.memory", memory + "m");
    conf.setIfMissing("spark.driver.host", "localhost");
    conf.setIfMissing("spark.driver.bindAddress", "127.0.0.1");
    conf.setIfMissing("spark.ui.enabled", "false");
    conf.setIfMissing("spark.ui.showConsoleProgress", "false");
    conf.setIfMissing("spark.plugins", "dev.tessera.spark.TesseraPlugin");
    conf.setIfMissing("spark.executor.extraClassPath", ChildJvm.classPath());
    return conf;
  }
}
