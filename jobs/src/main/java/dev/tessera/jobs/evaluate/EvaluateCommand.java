package dev.tessera.jobs.evaluate;

import dev.tessera.jobs.config.OverrideOptions;
import dev.tessera.jobs.run.ConsoleOptions;
import dev.tessera.jobs.run.HadoopSettings;
import dev.tessera.jobs.run.QualifiedPath;
import dev.tessera.jobs.run.ReadsBeforeSpark;
import dev.tessera.jobs.run.Session;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.apache.spark.SparkConf;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code tessera evaluate}. */
@Command(
    name = "evaluate",
    description =
        "Measure pictures against others: Frechet and kernel distance, precision and recall,"
            + " inception score, sliced Wasserstein distance, PSNR and SSIM.")
public final class EvaluateCommand implements Callable<Integer>, ReadsBeforeSpark {

  @Option(
      names = "--input",
      paramLabel = "PATH",
      description = "The pictures to be judged: a table of samples or images.")
  private String input;

  @Option(
      names = "--reference",
      paramLabel = "PATH",
      description = "The pictures to compare with: a table of images or samples.")
  private String reference;

  @Option(
      names = "--reference-statistics",
      paramLabel = "FILE",
      description = "Statistics to compare with, written by --save-statistics.")
  private String referenceStatistics;

  @Option(
      names = "--features",
      paramLabel = "FILE",
      description =
          "A TorchScript network whose forward returns [pictures, features], such as Inception.")
  private String features;

  @Option(
      names = "--tokenizer",
      paramLabel = "PATH",
      description = "A tokenizer's checkpoint or run directory: its encoder gives the features.")
  private String tokenizer;

  @Option(
      names = "--classifier",
      paramLabel = "FILE",
      description = "A TorchScript network whose forward returns [pictures, classes].")
  private String classifier;

  @Option(
      names = "--save-statistics",
      paramLabel = "FILE",
      description = "A new safetensors file for the reference's statistics (without one, input's).")
  private String saveStatistics;

  @Mixin private OverrideOptions overrides = OverrideOptions.of(EvaluateSettings.defaults());

  @Mixin private ConsoleOptions console;

  @Override
  public Integer call() throws Exception {
    EvaluateSettings settings = overrides.apply(EvaluateSettings.defaults());
    EvaluateRequest request =
        new EvaluateRequest(
            Optional.ofNullable(input),
            Optional.ofNullable(reference),
            Optional.ofNullable(referenceStatistics),
            Optional.ofNullable(features),
            Optional.ofNullable(tokenizer),
            Optional.ofNullable(classifier),
            Optional.ofNullable(saveStatistics),
            settings);
    SparkConf spark = Session.settings();
    settings.device().check(spark);
    EvaluateJob.check(HadoopSettings.read(), request);
    Map<String, String> defaults = new LinkedHashMap<>(settings.device().settings(spark));
    // Moments of 2,048 features are 17 MB a task, and kept features 80 MB a side.
    defaults.put("spark.driver.maxResultSize", "4g");
    try (Session session = Session.obtain("evaluate", defaults)) {
      EvaluateReport report = new EvaluateJob(session.spark()).run(request);
      console.console().result("evaluate", report.block(), report.fields());
      Map<String, Double> metrics = new LinkedHashMap<>();
      report.values().forEach((name, value) -> metrics.put(name.replace(' ', '_'), value.value()));
      console.products().metrics(metrics);
      if (saveStatistics != null) {
        console
            .products()
            .output(QualifiedPath.of(HadoopSettings.read(), saveStatistics).toString());
      }
    }
    return 0;
  }
}
