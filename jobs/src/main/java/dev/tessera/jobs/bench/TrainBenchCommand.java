package dev.tessera.jobs.bench;

import dev.tessera.jobs.config.RecipeOptions;
import dev.tessera.jobs.run.ConsoleOptions;
import dev.tessera.jobs.train.Recipe;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.apache.hadoop.conf.Configuration;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code tessera bench train --config R}: the speed of one rank's steps. */
@Command(name = "train", description = "Training steps of a recipe on random data, one rank.")
final class TrainBenchCommand implements Callable<Integer> {

  @Mixin private RecipeOptions recipes;
  @Mixin private ConsoleOptions console;

  @Option(
      names = "--channels",
      description = "Channels of latents; 0 for pictures.",
      defaultValue = "0")
  private int channels;

  @Option(
      names = "--side",
      description = "Height and width of a latent or picture.",
      defaultValue = "32")
  private int side;

  @Option(names = "--classes", description = "Classes of the labels.", defaultValue = "10")
  private int classes;

  @Option(names = "--warm-up", description = "Steps not measured.", defaultValue = "10")
  private int warmUp;

  @Option(names = "--steps", description = "Steps measured.", defaultValue = "30")
  private int steps;

  @Option(names = "--output", description = "File of the results, JSON.")
  private Path output = Path.of("runs/bench/train.json");

  @Override
  public Integer call() throws Exception {
    Recipe recipe = recipes.read(Recipe.class, new Configuration());
    BenchReport report = new BenchReport("train", console.console());
    report.line(recipes.describe() + ", " + recipe.schedule().precision());
    TrainMeasure.DataSize size = new TrainMeasure.DataSize(channels, side, classes);
    TrainMeasure.Measured measured = new TrainMeasure(recipe, size, warmUp, steps).run();
    print(report, recipe.schedule().batch(), measured);
    report.write(output);
    return 0;
  }

  private static void print(BenchReport report, int batch, TrainMeasure.Measured measured) {
    double images = batch / measured.median();
    double flops = images * measured.flopsPerImage();
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("parameters", measured.parameters());
    row.put("batch", batch);
    row.put("stepSeconds", measured.seconds());
    row.put("imagesPerSecond", images);
    row.put("flopsPerImage", measured.flopsPerImage());
    row.put("flopsPerSecond", flops);
    row.put("deviceBytes", measured.deviceBytes());
    report.line(
        String.format(
            Locale.ROOT,
            "%,d parameters, batch %d: %s ms a step (range), %.0f images/s, %.2f TFLOP/s",
            measured.parameters(),
            batch,
            Spread.of(measured.seconds()).text(1e3),
            images,
            flops / 1e12));
    if (measured.peakFlops().isPresent()) {
      double peak = measured.peakFlops().getAsDouble();
      row.put("utilization", flops / peak);
      report.line(
          String.format(
              Locale.ROOT,
              "%.1f %% of the GPU's peak of %.0f TFLOP/s, %.1f GiB of its memory in use",
              100 * flops / peak,
              peak / 1e12,
              measured.deviceBytes() / Math.pow(2, 30)));
    }
    report.row(row);
  }
}
