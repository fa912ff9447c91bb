package dev.tessera.jobs.ingest;

import dev.tessera.jobs.config.OverrideOptions;
import dev.tessera.jobs.run.Console;
import dev.tessera.jobs.run.ConsoleOptions;
import dev.tessera.jobs.run.HadoopSettings;
import dev.tessera.jobs.run.ReadsBeforeSpark;
import dev.tessera.jobs.run.Session;
import java.util.ArrayList;
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
      description =
          "A folder or file of pictures, or icons: for the embedded data set; several make one"
              + " table.")
  private List<String> inputs;

  @Option(
      names = "--output",
      required = true,
      paramLabel = "PATH",
      description = "The folder of the new table.")
  private String output;

  @Option(
      names = "--include",
      paramLabel = "PATTERN",
      description = "Read only files that match, such as '*.png' or 'train/*'; repeatable.")
  private List<String> include = new ArrayList<>();

  @Option(
      names = "--exclude",
      paramLabel = "PATTERN",
      description = "Read no files that match; repeatable.")
  private List<String> exclude = new ArrayList<>();

  @Option(
      names = "--heldout-files",
      paramLabel = "PATTERN",
      description =
          "Hold out files that match, such as 'test/*', instead of what folders and names say;"
              + " repeatable.")
  private List<String> heldoutFiles = new ArrayList<>();

  @Option(names = "--overwrite", description = "Replace the output if it exists.")
  private boolean overwrite;

  @Mixin
  private OverrideOptions overrides =
      OverrideOptions.of(
          IngestRecipe.of("", ""), "inputs", "output", "include", "exclude", "heldoutFiles");

  @Mixin private ConsoleOptions console;

  @Override
  public Integer call() throws Exception {
    IngestRecipe recipe =
        overrides.apply(
            IngestRecipe.of(inputs, output).selecting(include, exclude, heldoutFiles, overwrite));
    IngestJob.check(HadoopSettings.read(), recipe);
    try (Session session = Session.obtain("ingest " + output, Map.of())) {
      Console out = console.console();
      IngestSummary summary = IngestJob.run(session.spark(), recipe, new ConsoleProgress(out));
      summary.lines().forEach(out::say);
      out.products().output(summary.output());
      out.products()
          .metrics(
              Map.of(
                  "read", summary.read(),
                  "written", summary.written(),
                  "quarantined", summary.quarantined(),
                  "seconds", summary.seconds()));
    }
    return 0;
  }
}
