package dev.tessera.jobs.sample;

import dev.tessera.jobs.config.OverrideOptions;
import dev.tessera.jobs.run.ConsoleOptions;
import dev.tessera.jobs.run.HadoopSettings;
import dev.tessera.jobs.run.QualifiedPath;
import dev.tessera.jobs.run.ReadsBeforeSpark;
import dev.tessera.jobs.run.Session;
import dev.tessera.models.diffusion.sampler.Grid;
import dev.tessera.models.diffusion.sampler.Sampler;
import dev.tessera.spark.inference.InferenceDevice;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.apache.spark.SparkConf;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code tessera sample}. */
@Command(name = "sample", description = "Draw pictures: a sample table and a PNG grid.")
public final class SampleCommand implements Callable<Integer>, ReadsBeforeSpark {

  /**
   * What can be overridden.
   *
   * @param guidance weight of classifier-free guidance instead of the recipe's
   * @param partitions number of Spark tasks; 0 for one a task slot
   * @param guide checkpoint of a smaller or earlier model that guides instead of the model without
   *     its class
   * @param sampler instead of the recipe's, such as {@code dpmpp-2m}
   * @param grid instead of the recipe's, such as {@code karras}
   * @param steps instead of the recipe's
   * @param overwrite whether an existing table may be replaced
   * @param device where tasks draw
   */
  record Settings(
      Optional<Double> guidance,
      Optional<String> guide,
      Optional<Sampler> sampler,
      Optional<Grid> grid,
      Optional<Integer> steps,
      int partitions,
      boolean overwrite,
      InferenceDevice device) {
    static final Settings DEFAULTS =
        new Settings(
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            0,
            false,
            InferenceDevice.CPU);

    Settings {
      if (guidance.isPresent() && !(guidance.get() >= 0)) {
        throw new IllegalArgumentException(
            "guidance: " + guidance.get() + " (expected: 0 or more)");
      }
      if (partitions < 0) {
        throw new IllegalArgumentException("partitions: " + partitions + " (expected: 0 or more)");
      }
    }

    SampleRequest.Way way() {
      return new SampleRequest.Way(guidance, guide, sampler, grid, steps);
    }
  }

  @Option(
      names = "--checkpoint",
      required = true,
      paramLabel = "PATH",
      description = "A diffusion model's checkpoint, or its run directory.")
  private String checkpoint;

  @Option(
      names = "--output",
      required = true,
      paramLabel = "PATH",
      description = "The folder of the sample table.")
  private String output;

  @Option(
      names = "--count",
      paramLabel = "N",
      defaultValue = "100",
      description = "Pictures to draw; ${DEFAULT-VALUE} if not given.")
  private long count;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "0",
      description = "The same seed, the same pictures; ${DEFAULT-VALUE} if not given.")
  private long seed;

  @Option(
      names = "--class",
      paramLabel = "NAME",
      description = "Name or number of a class; all in turn if not given.")
  private String label;

  @Mixin private OverrideOptions overrides = OverrideOptions.of(Settings.DEFAULTS);

  @Mixin private ConsoleOptions console;

  @Override
  public Integer call() throws Exception {
    Settings settings = overrides.apply(Settings.DEFAULTS);
    SampleRequest request =
        new SampleRequest(
            checkpoint,
            output,
            count,
            seed,
            Optional.ofNullable(label),
            settings.way(),
            settings.partitions(),
            settings.overwrite(),
            settings.device());
    SparkConf spark = Session.settings();
    settings.device().check(spark);
    SampleJob.check(HadoopSettings.read(), request);
    try (Session session = Session.obtain("sample " + output, settings.device().settings(spark))) {
      SampleSummary summary = new SampleJob(session.spark()).run(request);
      console.console().say(summary.line());
      console.products().output(QualifiedPath.of(HadoopSettings.read(), output).toString());
      console.products().output(QualifiedPath.of(HadoopSettings.read(), summary.grid()).toString());
      console
          .products()
          .metrics(Map.of("rows", summary.manifest().rows(), "seconds", summary.seconds()));
    }
    return 0;
  }
}
