package dev.tessera.jobs.ingest;

import dev.tessera.jobs.config.OverrideOptions;
import dev.tessera.jobs.config.RecipeReader;
import dev.tessera.jobs.run.ConsoleOptions;
import dev.tessera.jobs.run.HadoopSettings;
import dev.tessera.jobs.run.ReadsBeforeSpark;
import dev.tessera.jobs.run.Session;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code tessera ingest}. */
@Command(
    name = "ingest",
    description = "Read pictures from folders, zips, IDX, CIFAR or Parquet into an image table.")
public final class IngestCommand implements Callable<Integer>, ReadsBeforeSpark {

  @Option(
      names = "--input",
      required = true,
      paramLabel = "PATH",
      description = "A folder or file of pictures, or icons: for the embedded data set.")
  private String input;

  @Option(
      names = "--output",
      required = true,
      paramLabel = "PATH",
      description = "The folder of the new table.")
  private String output;

  @Option(names = "--overwrite", description = "Replace the output if it exists.")
  private boolean overwrite;

  @Mixin
  private OverrideOptions overrides =
      OverrideOptions.of(IngestRecipe.of("", ""), "input", "output", "overwrite");

  @Mixin private ConsoleOptions console;

  @Override
  public Integer call() throws Exception {
    IngestRecipe recipe = overrides.apply(IngestRecipe.of(input, output));
    if (overwrite) {
      recipe = RecipeReader.override(recipe, List.of("overwrite=true"));
    }
    IngestJob.check(HadoopSettings.read(), recipe);
    try (Session session = Session.obtain("ingest " + output, Map.of())) {
      IngestSummary summary = IngestJob.run(session.spark(), recipe);
      console.console().say("ingest  " + summary.line());
      summary.warningLines().forEach(line -> console.console().say("        " + line));
    }
    return 0;
  }
}
