package dev.tessera.jobs.tokenizer;

import dev.tessera.jobs.config.OverrideOptions;
import dev.tessera.jobs.run.ConsoleOptions;
import dev.tessera.jobs.run.HadoopSettings;
import dev.tessera.jobs.run.QualifiedPath;
import dev.tessera.jobs.run.ReadsBeforeSpark;
import dev.tessera.jobs.run.Session;
import java.util.concurrent.Callable;
import org.apache.hadoop.fs.Path;
import org.apache.spark.SparkConf;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code tessera tokenize}. */
@Command(name = "tokenize", description = "Turn an image table into code and latent tables.")
public final class TokenizeCommand implements Callable<Integer>, ReadsBeforeSpark {

  @Option(
      names = "--checkpoint",
      required = true,
      paramLabel = "PATH",
      description = "A tokenizer's checkpoint, or its run directory.")
  private String checkpoint;

  @Option(names = "--input", required = true, paramLabel = "PATH", description = "An image table.")
  private String input;

  @Option(
      names = "--output",
      required = true,
      paramLabel = "PATH",
      description = "The folder of the tables codes and, unless latents=false, latents.")
  private String output;

  @Mixin private OverrideOptions overrides = OverrideOptions.of(TokenizeSettings.defaults());

  @Mixin private ConsoleOptions console;

  @Override
  public Integer call() throws Exception {
    TokenizeSettings settings = overrides.apply(TokenizeSettings.defaults());
    SparkConf spark = Session.settings();
    settings.device().check(spark);
    TokenizeJob.check(HadoopSettings.read(), checkpoint, input, output, settings);
    try (Session session =
        Session.obtain("tokenize " + output, settings.device().settings(spark))) {
      TokenizeSummary summary =
          new TokenizeJob(session.spark()).run(checkpoint, input, output, settings);
      console.console().say(summary.line());
      console.console().say(summary.stages());
      Path folder = QualifiedPath.of(HadoopSettings.read(), output);
      console.products().output(folder + TokenizeJob.CODES);
      if (settings.latents()) {
        console.products().output(folder + TokenizeJob.LATENTS);
      }
      console.products().metrics(summary.metrics());
    }
    return 0;
  }
}
