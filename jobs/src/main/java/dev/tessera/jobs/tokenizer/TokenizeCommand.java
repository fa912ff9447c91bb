package dev.tessera.jobs.tokenizer;

import dev.tessera.jobs.config.OverrideOptions;
import dev.tessera.jobs.run.ConsoleOptions;
import dev.tessera.jobs.run.HadoopSettings;
import dev.tessera.jobs.run.Session;
import java.util.Map;
import java.util.concurrent.Callable;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code tessera tokenize}. */
@Command(name = "tokenize", description = "Turn an image table into code and latent tables.")
public final class TokenizeCommand implements Callable<Integer> {

  /**
   * What can be overridden.
   *
   * @param partitions number of Spark tasks; 0 for one a task slot
   * @param overwrite whether existing tables may be replaced
   */
  record Settings(int partitions, boolean overwrite) {
    static final Settings DEFAULTS = new Settings(0, false);

    Settings {
      if (partitions < 0) {
        throw new IllegalArgumentException("partitions: " + partitions + " (expected: 0 or more)");
      }
    }
  }

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
      description = "The folder of the tables codes and latents.")
  private String output;

  @Mixin private OverrideOptions overrides = OverrideOptions.of(Settings.DEFAULTS);

  @Mixin private ConsoleOptions console;

  @Override
  public Integer call() throws Exception {
    Settings settings = overrides.apply(Settings.DEFAULTS);
    TokenizeJob.check(HadoopSettings.read(), checkpoint, input, output, settings.overwrite());
    try (SparkSession spark = Session.obtain("tokenize", Map.of())) {
      TokenizeSummary summary =
          new TokenizeJob(spark)
              .run(checkpoint, input, output, settings.overwrite(), settings.partitions());
      console.console().say(summary.line());
    }
    return 0;
  }
}
