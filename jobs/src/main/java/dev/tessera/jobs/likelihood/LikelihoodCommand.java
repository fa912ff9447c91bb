package dev.tessera.jobs.likelihood;

import dev.tessera.jobs.config.OverrideOptions;
import dev.tessera.jobs.run.Console;
import dev.tessera.jobs.run.ConsoleOptions;
import dev.tessera.jobs.run.HadoopSettings;
import dev.tessera.jobs.run.ReadsBeforeSpark;
import dev.tessera.jobs.run.Session;
import java.util.Map;
import java.util.concurrent.Callable;
import org.apache.spark.SparkConf;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code tessera likelihood}. */
@Command(
    name = "likelihood",
    description = "Measure a diffusion model's exact log density of a table's rows.")
public final class LikelihoodCommand implements Callable<Integer>, ReadsBeforeSpark {

  @Option(
      names = "--checkpoint",
      required = true,
      paramLabel = "PATH",
      description = "A diffusion model's checkpoint, or its run directory.")
  private String checkpoint;

  @Option(
      names = "--input",
      required = true,
      paramLabel = "PATH",
      description = "A table of what the model was trained on: images or latents.")
  private String input;

  @Option(
      names = "--count",
      paramLabel = "N",
      defaultValue = "0",
      description = "The first so many rows; 0, the default, for all.")
  private long count;

  @Mixin private OverrideOptions overrides = OverrideOptions.of(LikelihoodSettings.defaults());

  @Mixin private ConsoleOptions console;

  @Override
  public Integer call() throws Exception {
    LikelihoodSettings settings = overrides.apply(LikelihoodSettings.defaults());
    LikelihoodRequest request = new LikelihoodRequest(checkpoint, input, count, settings);
    SparkConf conf = Session.settings();
    settings.device().check(conf);
    LikelihoodJob.check(HadoopSettings.read(), request);
    try (Session session =
        Session.obtain("likelihood " + input, settings.device().settings(conf))) {
      LikelihoodSummary summary = new LikelihoodJob(session.spark()).run(request);
      Console out = console.console();
      out.products().metrics(fields(summary));
      if (out.mode() == Console.Mode.JSON) {
        out.result("likelihood", fields(summary));
      } else {
        out.say(summary.line());
      }
    }
    return 0;
  }

  private static Map<String, Number> fields(LikelihoodSummary summary) {
    return Map.of(
        "rows", summary.rows(),
        "dimensions", summary.dimensions(),
        "nats", summary.nats(),
        "natsError", summary.natsError(),
        "bitsPerDimension", summary.bits(),
        "bitsPerDimensionError", summary.bitsError(),
        "evaluations", summary.evaluations(),
        "seconds", summary.seconds());
  }
}
